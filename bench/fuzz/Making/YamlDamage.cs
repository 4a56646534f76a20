using System.Globalization;
using System.Text;

namespace Nonet.Fuzz.Making;

/// <summary>Recipes that are wrong in YAML's own ways: anchors, aliases, tags, keys that are no texts, nesting, indentation.</summary>
static class YamlDamage
{
    public static byte[] Of(string seed, Dice dice)
    {
        var lines = seed.Split('\n').Where(l => l.TrimStart() is { Length: > 0 } text && text[0] != '#').ToList();
        for (var times = 1 + dice.Below(3); times > 0; times--)
        {
            var at = dice.Below(lines.Count);
            var line = lines[at];
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var indent = line[..(line.Length - line.TrimStart().Length)];
            switch (dice.Below(14))
            {
                case 0: lines.RemoveAt(at); break;
                case 1: lines.Insert(at, line); break;
                case 2: lines[at] = " " + line; break;
                case 3: lines[at] = line.TrimStart(); break;
                case 4: lines[at] = dice.Of("\t", "- ", "? ", "! ", "%YAML 9.9\n", "--- ", "...\n", "<<: ", "& ", "* ") + line; break;
                case 5: (lines[at], lines[dice.Below(lines.Count)]) = (lines[dice.Below(lines.Count)], line); break;
                case 6: lines.Insert(at, indent + Aliases(dice)); break;
                case 7 when colon > 0: lines[at] = $"{indent}{dice.Text().ReplaceLineEndings(" ")}{line[colon..]}"; break;
                default:
                    if (colon > 0)
                        lines[at] = $"{line[..(colon + 1)]} {Value(dice)}";
                    break;
            }
            if (lines.Count == 0)
                lines.Add("");
        }
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        return dice.OneIn(8) ? ByteDamage.Of(bytes, dice) : bytes;
    }

    /// <summary>A value that is another than the key wants, on one line.</summary>
    public static string Value(Dice dice) => dice.Below(16) switch
    {
        0 => dice.Of("null", "~", "", "true", "yes", ".nan", ".inf", "-.inf", "1e308", "0x10", "0o7", "1_000", "2001-01-01", "1:30"),
        1 => Nested("[", "]", dice),
        2 => Nested("{a: ", "}", dice),
        3 => $"\"{dice.Of("\\x41", "\\u263A", "\\q", "\\U99999999", "a", "\\")}\"",
        4 => $"'{dice.Text().ReplaceLineEndings(" ")}",
        5 => "{" + string.Join(", ", Enumerable.Range(0, dice.Of(2, 300)).Select(i => $"k{i}: {i}")) + "}",
        6 => dice.Of("!!binary gIGC", "!!python/object/apply:os.system [id]", "!!int 3", "!x 3", "!<tag:yaml.org,2002:str> 3", "!!set {a, b}", "!!float 7",
            "!!null x"),
        7 => dice.Of("&a [*a]", "&a {k: *a}", "&a {*a : 1}", "*a", "*nothing", "&a &b 3", "&", "*"),
        8 => dice.Of("|\n  text\n", ">+9\n  text", "|99", "- 1", "[1, 2", "{a: 1", "a: b: c", "@x", "`x`", "%x", "# only a comment"),
        9 => $"[{dice.Number().ToString(CultureInfo.InvariantCulture)}, {dice.Number().ToString(CultureInfo.InvariantCulture)}]",
        10 or 11 => dice.Text().ReplaceLineEndings(" "),
        12 => dice.Of("0.5", "-1", "1.5", "0", "1", "2", "100000000", "65536", "3000000000", "99999999999", "1e5", "1e-9"),
        _ => dice.Number().ToString(CultureInfo.InvariantCulture),
    };

    static string Nested(string open, string close, Dice dice)
    {
        var depth = dice.Of(2, 63, 65, 20_000);
        return new StringBuilder().Insert(0, open, depth).Append('1').Insert(open.Length * depth + 1, close, depth).ToString();
    }

    /// <summary>Lists of a list of a list, each written once: a billion when they are written out.</summary>
    static string Aliases(Dice dice)
    {
        var text = new StringBuilder("extra: [&a0 [x, x]");
        for (var i = 1; i < dice.Of(3, 30); i++)
            text.Append(CultureInfo.InvariantCulture, $", &a{i} {dice.Of($"[*a{i - 1}, *a{i - 1}]", $"{{*a{i - 1} : *a{i - 1}}}")}");
        return text.Append(']').ToString();
    }
}
