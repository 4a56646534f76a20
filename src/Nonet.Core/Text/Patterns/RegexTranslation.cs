using System.Globalization;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Patterns;

/// <summary>
/// Translates a regular expression from Oniguruma's syntax (Ruby) to .NET's: classes over code points with set operations, possessive
/// quantifiers, `^` and `$` at line ends, `\h` for hexadecimal digits.
/// </summary>
sealed class RegexTranslation
{
    const int Deepest = 100, Longest = 1 << 13, LongestWritten = 1 << 20;

    readonly string pattern;
    readonly List<object> output = []; // text, and classes by number
    readonly List<CodePointSet> classes = [];
    readonly Dictionary<CodePointSet, int> numbers = new(ReferenceEqualityComparer.Instance);
    readonly ClassParser parser;
    int at, depth;
    bool ignoreCase, dotAll;

    RegexTranslation(string pattern) => (this.pattern, parser) = (pattern, new ClassParser(pattern));

    /// <exception cref="ArgumentException">The pattern uses an unsupported feature. The message says which and where.</exception>
    public static (string Pattern, StandIns StandIns) Of(string pattern)
    {
        if (pattern.Length > Longest)
            throw new ArgumentException($"{pattern.Length} characters, more than {Longest}");
        var translation = new RegexTranslation(pattern);
        translation.Alternatives();
        if (translation.at < pattern.Length)
            throw translation.At("a ')' without its '('");
        var standIns = new StandIns(translation.classes);
        var written = translation.classes.Select((set, number) => Written(set, number, standIns)).ToArray();
        var text = new StringBuilder();
        foreach (var part in translation.output)
        {
            text.Append(part is int number ? written[number] : part);
            if (text.Length > LongestWritten)
                throw new ArgumentException($"more than {LongestWritten} characters with all classes written out");
        }
        return (text.ToString(), standIns);
    }

    ArgumentException At(string what) => new($"{what} at character {at}");

    static string Written(CodePointSet set, int number, StandIns standIns)
    {
        var text = new StringBuilder("[");
        var not = set.Contains(0xFFFF); // a negated class contains nearly all characters
        foreach (var (from, to) in (not ? set.Not() : set).Ranges)
        {
            if (from > 0xFFFF)
                break;
            foreach (var (f, t) in new[] { (from, Math.Min(to, 0xD7FF)), (Math.Max(from, 0xE000), Math.Min(to, 0xFFFF)) })
            {
                if (f <= t)
                    text.Append(CultureInfo.InvariantCulture, $"\\u{f:X4}-\\u{t:X4}");
            }
        }
        foreach (var unit in standIns.Of(number, !not))
            text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
        if (text.Length == 1)
            return not ? "[\\s\\S]" : "[^\\s\\S]";
        return text.Insert(1, not ? "^" : "").Append(']').ToString();
    }

    void Alternatives()
    {
        if (++depth > Deepest)
            throw At($"groups in groups, more than {Deepest} deep");
        var (oldCase, oldDot) = (ignoreCase, dotAll);
        while (at < pattern.Length && pattern[at] != ')')
        {
            if (pattern[at] == '|')
            {
                at++;
                output.Add("|");
            }
            else
                Piece();
        }
        (ignoreCase, dotAll) = (oldCase, oldDot);
        depth--;
    }

    void Piece()
    {
        var start = output.Count;
        Atom();
        while (at < pattern.Length && Quantifier() is { } quantifier)
        {
            var suffix = at < pattern.Length ? pattern[at] : '\0';
            output.Insert(start, "(?:");
            output.Add(")" + quantifier);
            if (suffix == '?')
            {
                at++;
                output.Add("?");
            }
            else if (suffix == '+' && quantifier[0] != '{')
            {
                at++;
                output.Insert(start, "(?>");
                output.Add(")");
            }
        }
    }

    string? Quantifier()
    {
        if (pattern[at] is '*' or '+' or '?')
            return pattern[at++].ToString();
        if (pattern[at] != '{')
            return null;
        var end = pattern.IndexOf('}', at);
        if (end < 0)
            return null;
        var bounds = pattern[(at + 1)..end].Split(',');
        if (bounds.Length > 2 || bounds.All(b => b.Length == 0) || bounds.Any(b => b.Length > 6 || !b.All(char.IsAsciiDigit)))
            return null;
        at = end + 1;
        return bounds.Length == 1 ? $"{{{bounds[0]}}}" : $"{{{(bounds[0].Length == 0 ? "0" : bounds[0])},{bounds[1]}}}";
    }

    void Atom()
    {
        switch (pattern[at])
        {
            case '(':
                Group();
                break;
            case '[':
                Add(parser.Bracket(ref at, ignoreCase));
                break;
            case '.':
                at++;
                Add(dotAll ? CodePointSet.All : CodePointSet.Of(('\n', '\n')).Not());
                break;
            case '^':
                at++;
                output.Add("(?m:^)");
                break;
            case '$':
                at++;
                output.Add("(?m:$)");
                break;
            case '*' or '+' or '?':
                throw At("a quantifier of nothing");
            case '\\' when at + 1 < pattern.Length && pattern[at + 1] is 'A' or 'z' or 'Z' or 'G':
                output.Add(pattern.Substring(at, 2));
                at += 2;
                break;
            case '\\' when at + 1 < pattern.Length && pattern[at + 1] is 'b' or 'B':
                Boundary(pattern[at + 1] == 'B');
                at += 2;
                break;
            case '\\' when at + 1 < pattern.Length && pattern[at + 1] == 'R':
                output.Add(@"(?>\r\n|[\n-\r\u0085\u2028\u2029])");
                at += 2;
                break;
            case '\\' when at + 1 < pattern.Length
                && (pattern[at + 1] is 'K' or 'X' or 'k' or 'g' or 'y' or 'Y' or 'O' or 'N' || pattern[at + 1] is >= '1' and <= '9'):
                throw At($"\\{pattern[at + 1]}, which is not supported,");
            default:
                Add(parser.Single(ref at, ignoreCase));
                break;
        }
    }

    void Add(CodePointSet set)
    {
        if (set.Ranges is [var (only, last)] && only == last && only < 0x80)
        {
            output.Add(char.IsAsciiLetterOrDigit((char)only) ? ((char)only).ToString() : $"\\u{only:X4}");
            return;
        }
        if (numbers.TryAdd(set, classes.Count))
            classes.Add(set);
        output.Add(numbers[set]);
    }

    /// <summary>A word boundary, written out because \w differs from .NET's.</summary>
    void Boundary(bool not)
    {
        output.Add("(?:(?<=");
        Add(UnicodeTables.RegexWord);
        output.Add(not ? ")(?=" : ")(?!");
        Add(UnicodeTables.RegexWord);
        output.Add(")|(?<!");
        Add(UnicodeTables.RegexWord);
        output.Add(not ? ")(?!" : ")(?=");
        Add(UnicodeTables.RegexWord);
        output.Add("))");
    }

    void Group()
    {
        at++;
        var opening = "(?:"; // captures are not needed
        if (at < pattern.Length && pattern[at] == '?')
        {
            var kinds = new[] { "?:", "?=", "?!", "?>", "?<=", "?<!", "?#" };
            var kind = Array.Find(kinds, k => string.CompareOrdinal(pattern, at, k, 0, k.Length) == 0);
            if (kind == "?#")
            {
                var end = pattern.IndexOf(')', at);
                at = end < 0 ? throw At("a comment without its end") : end + 1;
                return;
            }
            if (kind is not null)
            {
                opening = "(" + kind;
                at += kind.Length;
            }
            else if (at + 1 < pattern.Length && pattern[at + 1] == '<')
                at = pattern.IndexOf('>', at) is >= 0 and var end ? end + 1 : throw At("a name without its end");
            else if (Options())
                return;
        }
        output.Add(opening);
        var (oldCase, oldDot) = (ignoreCase, dotAll);
        if (optionsOfGroup is var (i, m))
            (ignoreCase, dotAll) = (i, m);
        optionsOfGroup = null;
        Alternatives();
        (ignoreCase, dotAll) = (oldCase, oldDot);
        if (at == pattern.Length)
            throw At("a '(' without its ')'");
        at++;
        output.Add(")");
    }

    (bool IgnoreCase, bool DotAll)? optionsOfGroup;

    /// <summary>(?i) and (?i:...). Returns whether the group ends here, so that the options apply to the following text.</summary>
    bool Options()
    {
        var (on, i, m) = (true, ignoreCase, dotAll);
        for (at++; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    i = on;
                    break;
                case 'm':
                    m = on;
                    break;
                case ':':
                    at++;
                    optionsOfGroup = (i, m);
                    return false;
                case ')':
                    at++;
                    (ignoreCase, dotAll) = (i, m);
                    return true;
                default:
                    throw At($"(?{pattern[at]}, which is not supported,");
            }
        }
        throw At("a '(' without its ')'");
    }
}
