using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Patterns;

/// <summary>
/// Parses the parts of a regular expression that match one character: the character itself, an escape, a property, or a bracket with set
/// operations.
/// </summary>
sealed class ClassParser(string pattern)
{
    const int Deepest = 20;

    static readonly ConcurrentDictionary<string, CodePointSet> properties = new(StringComparer.OrdinalIgnoreCase);
    static readonly CodePointSet space = CodePointSet.Where(c => Rune.IsWhiteSpace(new Rune(c)));
    static readonly CodePointSet hexDigit = CodePointSet.Of(('0', '9'), ('A', 'F'), ('a', 'f'));

    readonly Dictionary<(string Text, bool IgnoreCase), CodePointSet> known = [];

    /// <summary>A character other than a bracket, or an escape.</summary>
    public CodePointSet Single(ref int at, bool ignoreCase)
    {
        if (pattern[at] == '\\')
        {
            if (Escape(ref at, out var character) is { } set)
                return set;
            return Folded(character, ignoreCase);
        }
        return Folded(Character(ref at), ignoreCase);
    }

    /// <summary>[...], from its bracket. A repeated class is the same object.</summary>
    public CodePointSet Bracket(ref int at, bool ignoreCase)
    {
        var start = at;
        var set = Bracket(ref at, ignoreCase, 0);
        return known.TryGetValue((pattern[start..at], ignoreCase), out var before) ? before : known[(pattern[start..at], ignoreCase)] = set;
    }

    CodePointSet Bracket(ref int at, bool ignoreCase, int depth)
    {
        if (depth > Deepest)
            throw At(at, $"classes in classes, more than {Deepest} deep");
        at++;
        var not = at < pattern.Length && pattern[at] == '^';
        if (not)
            at++;
        CodePointSet? both = null;
        var ranges = new List<(int, int)>();
        var first = true;
        while (true)
        {
            if (at >= pattern.Length)
                throw At(at, "a '[' without its ']'");
            if (pattern[at] == ']' && !first)
                break;
            first = false;
            if (string.CompareOrdinal(pattern, at, "&&", 0, 2) == 0)
            {
                at += 2;
                both = And(both, ranges);
                ranges.Clear();
            }
            else if (string.CompareOrdinal(pattern, at, "[:", 0, 2) == 0 && pattern.IndexOf(":]", at, StringComparison.Ordinal) is > 0 and var end)
            {
                ranges.AddRange(Property(pattern[(at + 2)..end], at, posix: true).Ranges);
                at = end + 2;
            }
            else if (pattern[at] == '[')
                ranges.AddRange(Bracket(ref at, ignoreCase, depth + 1).Ranges);
            else
                Range(ref at, ranges, ignoreCase);
        }
        at++;
        var set = And(both, ranges);
        return not ? set.Not() : set;

        static CodePointSet And(CodePointSet? both, List<(int, int)> ranges) => both is null ? CodePointSet.Of(ranges) : both.And(CodePointSet.Of(ranges));
    }

    void Range(ref int at, List<(int, int)> ranges, bool ignoreCase)
    {
        if (Endpoint(ref at, out var from) is { } set)
        {
            ranges.AddRange(set.Ranges);
            return;
        }
        var to = from;
        if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] is not (']' or '['))
        {
            var dash = at++;
            if (Endpoint(ref at, out to) is not null)
                throw At(dash, "a range that ends in a class");
            if (to < from)
                throw At(dash, "a range that ends before it begins");
        }
        if (ignoreCase && to - from < 2048)
        {
            for (var c = from; c <= to; c++)
                Fold(c, ranges);
        }
        ranges.Add((from, to));
    }

    CodePointSet? Endpoint(ref int at, out int character)
    {
        if (pattern[at] == '\\')
            return Escape(ref at, out character);
        character = Character(ref at);
        return null;
    }

    int Character(ref int at)
    {
        Rune.DecodeFromUtf16(pattern.AsSpan(at), out var rune, out var width);
        at += width;
        return rune.Value;
    }

    /// <summary>A class, or null and the character.</summary>
    CodePointSet? Escape(ref int at, out int character)
    {
        if (++at == pattern.Length)
            throw At(at, "a '\\' at the end");
        character = 0;
        var start = at;
        switch (pattern[at++])
        {
            case 'd':
                return Property("Nd", at);
            case 'D':
                return Property("Nd", at).Not();
            case 's':
                return space;
            case 'S':
                return space.Not();
            case 'w':
                return UnicodeTables.RegexWord;
            case 'W':
                return UnicodeTables.RegexWord.Not();
            case 'h':
                return hexDigit;
            case 'H':
                return hexDigit.Not();
            case 'p' or 'P' when at < pattern.Length && pattern[at] == '{' && pattern.IndexOf('}', at) is > 0 and var end:
                var name = pattern[(at + 1)..end];
                at = end + 1;
                return pattern[start] == 'P' ? Property(name, start).Not() : Property(name, start);
            case 'n':
                character = '\n';
                return null;
            case 'r':
                character = '\r';
                return null;
            case 't':
                character = '\t';
                return null;
            case 'f':
                character = '\f';
                return null;
            case 'v':
                character = '\v';
                return null;
            case 'a':
                character = '\a';
                return null;
            case 'e':
                character = 0x1B;
                return null;
            case '0':
                return null;
            case 'x' when at < pattern.Length && pattern[at] == '{' && pattern.IndexOf('}', at) is > 0 and var close:
                character = Hex(pattern[(at + 1)..close], start);
                at = close + 1;
                return null;
            case 'x' or 'u':
                var digits = pattern[start] == 'u' ? 4 : 2;
                character = Hex(pattern.Substring(at, Math.Min(digits, pattern.Length - at)), start);
                at += digits;
                return null;
            default:
                at = start;
                if (char.IsAsciiLetterOrDigit(pattern[at]))
                    throw At(at, $"\\{pattern[at]}, which is not supported,");
                character = Character(ref at);
                return null;
        }
    }

    static int Hex(string digits, int at) =>
        digits.Length > 0 && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var c) && Rune.IsValid(c) ? c
        : throw At(at, $"'{digits}', which is no code point,");

    static CodePointSet Property(string name, int at, bool posix = false)
    {
        var not = name.StartsWith('^');
        var plain = name.TrimStart('^').Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        var set = properties.GetOrAdd(plain, n => Find(n) ?? throw At(at, posix ? $"[:{n}:], which is not known," : $"\\p{{{n}}}, which is not known,"));
        return not ? set.Not() : set;
    }

    static CodePointSet? Find(string name)
    {
        switch (name.ToLowerInvariant())
        {
            case "any":
                return CodePointSet.All;
            case "word":
                return UnicodeTables.RegexWord;
            case "alpha" or "alphabetic":
                return UnicodeTables.Alphabetic;
            case "space" or "whitespace" or "white_space":
                return space;
            case "punct":
                return UnicodeTables.RegexPunctuation;
            case "digit":
                return Find("Nd");
            case "alnum":
                return UnicodeTables.Alphabetic.Or(Find("Nd")!);
            case "upper":
                return Find("Lu");
            case "lower":
                return Find("Ll");
            case "xdigit":
                return hexDigit;
            case "ascii":
                return CodePointSet.Of((0, 0x7F));
            case "cntrl":
                return Find("Cc");
            case "blank":
                return CodePointSet.Of(('\t', '\t')).Or(Find("Zs")!);
        }
        foreach (var (script, set) in UnicodeTables.Scripts)
        {
            if (script.Equals(name, StringComparison.OrdinalIgnoreCase))
                return set;
        }
        var categories = Array.FindIndex(longNames, n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var known ? shortNames[known] : name;
        var wanted = Enum.GetValues<UnicodeCategory>().Where(c => Short(c).StartsWith(categories, StringComparison.OrdinalIgnoreCase)).ToHashSet();
        return categories.Length is 1 or 2 && wanted.Count > 0 ? CodePointSet.Where(c => wanted.Contains(Rune.GetUnicodeCategory(new Rune(c)))) : null;
    }

    static readonly string[] longNames =
        ["Letter", "Mark", "Number", "Punctuation", "Symbol", "Separator", "Other", "Uppercase_Letter", "Lowercase_Letter", "Decimal_Number"];
    static readonly string[] shortNames = ["L", "M", "N", "P", "S", "Z", "C", "Lu", "Ll", "Nd"];
    static readonly string[] categoryNames =
        ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
            "Sm", "Sc", "Sk", "So", "Cn"];

    static string Short(UnicodeCategory category) => categoryNames[(int)category];

    /// <summary>A character and, if case is ignored, all characters that fold to the same.</summary>
    static CodePointSet Folded(int c, bool ignoreCase)
    {
        var ranges = new List<(int, int)> { (c, c) };
        if (ignoreCase)
            Fold(c, ranges);
        return CodePointSet.Of(ranges);
    }

    static void Fold(int c, List<(int, int)> into)
    {
        if (c is >= 0xD800 and < 0xE000)
            return;
        var (lower, upper) = (Rune.ToLowerInvariant(new Rune(c)).Value, Rune.ToUpperInvariant(new Rune(c)).Value);
        into.Add((lower, lower));
        into.Add((upper, upper));
        into.AddRange(lower switch
        {
            's' or 0x17F => [('s', 's'), ('S', 'S'), (0x17F, 0x17F)],
            'k' => [(0x212A, 0x212A)],
            0xE5 => [(0x212B, 0x212B)],
            0x3C9 => [(0x2126, 0x2126)],
            _ => Array.Empty<(int, int)>(),
        });
    }

    static ArgumentException At(int at, string what) => new($"{what} at character {at}");
}
