using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Nonet.Text.Unicode;

/// <summary>
/// Letter case as in Python's str, with Unicode's full mappings: ß becomes SS in upper case, İ becomes two characters in lower case, and Σ at the end of a
/// word becomes ς.
/// </summary>
static class PythonCase
{
    /// <summary>Unicode's SpecialCasing: characters whose upper case has several characters.</summary>
    const string SeveralUpper =
        "df:53+53 149:2bc+4e 1f0:4a+30c 390:399+308+301 3b0:3a5+308+301 587:535+552 1e96:48+331 1e97:54+308 1e98:57+30a 1e99:59+30a 1e9a:41+2be "
        + "1f50:3a5+313 1f52:3a5+313+300 "
        + "1f54:3a5+313+301 1f56:3a5+313+342 1fb2:1fba+399 1fb3:391+399 1fb4:386+399 1fb6:391+342 1fb7:391+342+399 1fbc:391+399 1fc2:1fca+399 1fc3:397+399 "
        + "1fc4:389+399 1fc6:397+342 1fc7:397+342+399 "
        + "1fcc:397+399 1fd2:399+308+300 1fd3:399+308+301 1fd6:399+342 1fd7:399+308+342 1fe2:3a5+308+300 1fe3:3a5+308+301 1fe4:3a1+313 1fe6:3a5+342 "
        + "1fe7:3a5+308+342 1ff2:1ffa+399 1ff3:3a9+399 "
        + "1ff4:38f+399 1ff6:3a9+342 1ff7:3a9+342+399 1ffc:3a9+399 fb00:46+46 fb01:46+49 fb02:46+4c fb03:46+46+49 fb04:46+46+4c fb05:53+54 fb06:53+54 "
        + "fb13:544+546 fb14:544+535 fb15:544+53b "
        + "fb16:54e+546 fb17:544+53d";

    /// <summary>Characters whose title case differs from their upper case.</summary>
    const string OwnTitle =
        "df:53+73 587:535+582 1c4:1c5 1c5:1c5 1c6:1c5 1c7:1c8 1c8:1c8 1c9:1c8 1ca:1cb 1cb:1cb 1cc:1cb 1f1:1f2 1f2:1f2 1f3:1f2 1fb2:1fba+345 1fb3:1fbc "
        + "1fb4:386+345 1fb7:391+342+345 1fbc:1fbc "
        + "1fc2:1fca+345 1fc3:1fcc 1fc4:389+345 1fc7:397+342+345 1fcc:1fcc 1ff2:1ffa+345 1ff3:1ffc 1ff4:38f+345 1ff7:3a9+342+345 1ffc:1ffc fb00:46+66 "
        + "fb01:46+69 fb02:46+6c fb03:46+66+69 "
        + "fb04:46+66+6c fb05:53+74 fb06:53+74 fb13:544+576 fb14:544+565 fb15:544+56b fb16:54e+576 fb17:544+56d";

    static readonly FrozenDictionary<int, string> upper = Parse(SeveralUpper), title = Parse(OwnTitle);

    static FrozenDictionary<int, string> Parse(string table) => table.Split(' ').Select(entry => entry.Split(':'))
        .ToFrozenDictionary(entry => Hex(entry[0]), entry => string.Concat(entry[1].Split('+').Select(c => ((char)Hex(c)).ToString())));

    static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>str.lower().</summary>
    public static string Lower(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : Lower(text, 0);

    /// <param name="text">The whole text, because the text before a Σ determines its form.</param>
    /// <param name="from">Start of the part to convert.</param>
    static string Lower(string text, int from)
    {
        var result = new StringBuilder(text.Length - from);
        for (var (at, width) = (from, 0); at < text.Length; at += width)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out width) != System.Buffers.OperationStatus.Done)
                result.Append(text, at, width);
            else if (rune.Value == 0x3A3)
                result.Append(EndsWord(text, at) ? '\u03C2' : '\u03C3');
            else
                AppendLower(result, rune);
        }
        return result.ToString();
    }

    static void AppendLower(StringBuilder result, Rune rune)
    {
        switch (rune.Value)
        {
            case 0x130: result.Append("i\u0307"); break;
            case 0x212A: result.Append('k'); break;
            case >= 0x13A0 and <= 0x13EF: result.Append((char)(rune.Value - 0x13A0 + 0xAB70)); break;
            case >= 0x13F0 and <= 0x13F5: result.Append((char)(rune.Value + 8)); break;
            default: result.Append(Rune.ToLowerInvariant(rune)); break;
        }
    }

    /// <summary>str.upper().</summary>
    public static string Upper(string text)
    {
        if (Ascii.IsValid(text))
            return text.ToUpperInvariant();
        var result = new StringBuilder(text.Length);
        for (var (at, width) = (0, 0); at < text.Length; at += width)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out width) == System.Buffers.OperationStatus.Done)
                AppendUpper(result, rune);
            else
                result.Append(text, at, width);
        }
        return result.ToString();
    }

    static void AppendUpper(StringBuilder result, Rune rune)
    {
        if (upper.TryGetValue(rune.Value, out var several))
        {
            result.Append(several);
            return;
        }
        switch (rune.Value)
        {
            case 0x131: result.Append('I'); break;
            case 0x17F: result.Append('S'); break;
            case >= 0x1F80 and <= 0x1FAF:// the iota subscript becomes a letter
                var greek = (rune.Value & ~0x3F) == 0x1F80 && rune.Value < 0x1F90 ? 0x1F08 : rune.Value < 0x1FA0 ? 0x1F28 : 0x1F68;
                result.Append((char)(greek + (rune.Value & 7))).Append('\u0399');
                break;
            default: result.Append(Rune.ToUpperInvariant(rune)); break;
        }
    }

    static void AppendTitle(StringBuilder result, Rune rune)
    {
        if (title.TryGetValue(rune.Value, out var own))
            result.Append(own);
        else if (rune.Value is >= 0x1F80 and <= 0x1FAF)
            result.Append((char)(rune.Value | 8));
        else if (rune.Value is (>= 0x10D0 and <= 0x10FA) or (>= 0x10FD and <= 0x10FF)) // Georgian has no title case
            result.Append(rune);
        else
            AppendUpper(result, rune);
    }

    /// <summary>str.title(): every run of cased characters begins with a character in title case.</summary>
    public static string Title(string text)
    {
        var (result, inside) = (new StringBuilder(text.Length), false);
        for (var (at, width) = (0, 0); at < text.Length; at += width)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out width) != System.Buffers.OperationStatus.Done)
            {
                result.Append(text, at, width);
                inside = false;
                continue;
            }
            if (!inside)
                AppendTitle(result, rune);
            else if (rune.Value == 0x3A3)
                result.Append(EndsWord(text, at) ? '\u03C2' : '\u03C3');
            else
                AppendLower(result, rune);
            inside = IsCased(rune);
        }
        return result.ToString();
    }

    /// <summary>str.capitalize(): the first character in title case, the others in lower case.</summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0 || Rune.DecodeFromUtf16(text, out var first, out var width) != System.Buffers.OperationStatus.Done)
            return Lower(text);
        var result = new StringBuilder(text.Length);
        AppendTitle(result, first);
        return result.Append(Lower(text, width)).ToString();
    }

    /// <summary>str.swapcase().</summary>
    public static string Swap(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var (at, width) = (0, 0); at < text.Length; at += width)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out width) != System.Buffers.OperationStatus.Done)
                result.Append(text, at, width);
            else if (rune.Value == 0x3A3)
                result.Append(EndsWord(text, at) ? '\u03C2' : '\u03C3');
            else if (Rune.IsUpper(rune))
                AppendLower(result, rune);
            else if (Rune.IsLower(rune))
                AppendUpper(result, rune);
            else
                result.Append(rune);
        }
        return result.ToString();
    }

    /// <summary>str.casefold(): the form in which texts are compared without regard to case.</summary>
    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
            return text.ToLowerInvariant();
        var (result, one) = (new StringBuilder(text.Length), new StringBuilder(4));
        foreach (var rune in text.EnumerateRunes())
        {
            one.Clear();
            AppendUpper(one, rune);
            switch (rune.Value)
            {
                case 0x131: result.Append(rune); break;
                case 0x1E9E: result.Append("ss"); break;
                default:
                    foreach (var large in one.ToString().EnumerateRunes())
                    {
                        if (large.Value is >= 0x13A0 and <= 0x13F5)
                            result.Append(large); // Cherokee folds to capital letters
                        else
                            AppendLower(result, large);
                    }
                    break;
            }
        }
        return result.ToString();
    }

    /// <summary>Whether a Σ ends a word: a cased character precedes it and none follows, apart from characters that case ignores.</summary>
    static bool EndsWord(string text, int at)
    {
        var before = text.AsSpan(0, at);
        while (Rune.DecodeLastFromUtf16(before, out var rune, out var width) == System.Buffers.OperationStatus.Done && IsCaseIgnorable(rune))
            before = before[..^width];
        if (Rune.DecodeLastFromUtf16(before, out var last, out _) != System.Buffers.OperationStatus.Done || !IsCased(last))
            return false;
        var after = text.AsSpan(at + 1);
        while (Rune.DecodeFromUtf16(after, out var rune, out var width) == System.Buffers.OperationStatus.Done && IsCaseIgnorable(rune))
            after = after[width..];
        return Rune.DecodeFromUtf16(after, out var next, out _) != System.Buffers.OperationStatus.Done || !IsCased(next);
    }

    static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or 0x2C0 or 0x2C1 or (>= 0x2E0 and <= 0x2E4) or 0x345 or 0x37A or 0x10FC
        or (>= 0x1D2C and <= 0x1D6A) or 0x1D78 or (>= 0x1D9B and <= 0x1DBF)
            or 0x2071 or 0x207F or (>= 0x2090 and <= 0x209C) or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9) or 0x2C7C or 0x2C7D or 0xA69C or 0xA69D
            or 0xA770 or (>= 0xA7F1 and <= 0xA7F4)
            or 0xA7F8 or 0xA7F9 or (>= 0xAB5C and <= 0xAB5F) or 0xAB69 or 0x10780 or (>= 0x10783 and <= 0x10785) or (>= 0x10787 and <= 0x107B0)
            or (>= 0x107B2 and <= 0x107BA)
            or (>= 0x1E030 and <= 0x1E06D) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    static bool IsCaseIgnorable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
        or UnicodeCategory.ModifierLetter
        or UnicodeCategory.ModifierSymbol
        || rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027 or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07
        or 0xFF0E or 0xFF1A;
}
