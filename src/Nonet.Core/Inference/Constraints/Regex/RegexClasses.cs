using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Regex;

/// <summary>Named sets of characters in regular expressions. \d and \w are ASCII, as in ECMA-262.</summary>
static class RegexClasses
{
    static readonly CodePointSet digit = CodePointSet.Of(('0', '9'));
    static readonly CodePointSet word = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));
    static readonly CodePointSet space =
        CodePointSet.Of((9, 13), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF));
    static readonly ConcurrentDictionary<string, CodePointSet> properties = new(StringComparer.Ordinal);
    static readonly CodePointSet[] ascii = [.. Enumerable.Range(0, 128).Select(c => CodePointSet.Of((c, c)))];

    /// <summary>What a dot matches.</summary>
    public static CodePointSet NoLineEnd { get; } = CodePointSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Not();

    /// <summary>One character.</summary>
    public static CodePointSet Of(int codePoint) => codePoint < ascii.Length ? ascii[codePoint] : CodePointSet.Of((codePoint, codePoint));

    /// <summary>The set of an escape such as \d or \n; null for other letters.</summary>
    public static CodePointSet? OfEscape(char c) => c switch
    {
        'd' => digit,
        'D' => digit.Not(),
        'w' => word,
        'W' => word.Not(),
        's' => space,
        'S' => space.Not(),
        'n' => ascii['\n'],
        'r' => ascii['\r'],
        't' => ascii['\t'],
        'f' => ascii['\f'],
        'v' => ascii['\v'],
        _ => null,
    };

    /// <summary>A general category of Unicode by its short or long name; null for an unknown name.</summary>
    public static CodePointSet? Property(string name)
    {
        name = name switch
        {
            "Letter" => "L",
            "Uppercase_Letter" => "Lu",
            "Lowercase_Letter" => "Ll",
            "Mark" => "M",
            "Number" => "N",
            "Decimal_Number" => "Nd",
            "Punctuation" => "P",
            "Symbol" => "S",
            "Separator" => "Z",
            "Other" => "C",
            _ => name.StartsWith("General_Category=", StringComparison.Ordinal) ? name[17..] : name.StartsWith("gc=", StringComparison.Ordinal) ? name[3..]
                : name,
        };
        return Enum.GetValues<UnicodeCategory>().Any(c => Short(c).StartsWith(name, StringComparison.Ordinal)) && name.Length is 1 or 2
            ? properties.GetOrAdd(name, n => CodePointSet.Where(c => Short(Rune.GetUnicodeCategory(new Rune(c))).StartsWith(n, StringComparison.Ordinal)))
            : null;
    }

    static string Short(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => "Lu",
        UnicodeCategory.LowercaseLetter => "Ll",
        UnicodeCategory.TitlecaseLetter => "Lt",
        UnicodeCategory.ModifierLetter => "Lm",
        UnicodeCategory.OtherLetter => "Lo",
        UnicodeCategory.NonSpacingMark => "Mn",
        UnicodeCategory.SpacingCombiningMark => "Mc",
        UnicodeCategory.EnclosingMark => "Me",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        UnicodeCategory.LetterNumber => "Nl",
        UnicodeCategory.OtherNumber => "No",
        UnicodeCategory.SpaceSeparator => "Zs",
        UnicodeCategory.LineSeparator => "Zl",
        UnicodeCategory.ParagraphSeparator => "Zp",
        UnicodeCategory.Control => "Cc",
        UnicodeCategory.Format => "Cf",
        UnicodeCategory.PrivateUse => "Co",
        UnicodeCategory.ConnectorPunctuation => "Pc",
        UnicodeCategory.DashPunctuation => "Pd",
        UnicodeCategory.OpenPunctuation => "Ps",
        UnicodeCategory.ClosePunctuation => "Pe",
        UnicodeCategory.InitialQuotePunctuation => "Pi",
        UnicodeCategory.FinalQuotePunctuation => "Pf",
        UnicodeCategory.OtherPunctuation => "Po",
        UnicodeCategory.MathSymbol => "Sm",
        UnicodeCategory.CurrencySymbol => "Sc",
        UnicodeCategory.ModifierSymbol => "Sk",
        UnicodeCategory.OtherSymbol => "So",
        _ => "Cn",
    };
}
