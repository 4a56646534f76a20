using System.Globalization;
using System.Text;

namespace Nonet.ToolUse.Indexing;

/// <summary>
/// The terms of a text: runs of letters, marks and digits in lower case, truncated to 64 bytes of UTF-8. Each Chinese, Japanese or Thai character is a term of
/// its own, because these scripts have no spaces between words.
/// </summary>
static class SearchTerms
{
    public const int LongestTerm = 64;

    /// <summary>Calls a function with the UTF-8 bytes of each term. They are valid only during the call.</summary>
    public static void Of(string text, Action<ReadOnlySpan<byte>> add)
    {
        Span<byte> term = stackalloc byte[LongestTerm + 4];
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var isWord = rune.IsAscii ? char.IsAsciiLetterOrDigit((char)rune.Value) : IsWord(rune);
            var isAlone = rune.Value >= 0x0E00 && IsAlone(rune.Value);
            if (length > 0 && (!isWord || isAlone))
            {
                add(term[..length]);
                length = 0;
            }
            if (!isWord)
                continue;
            if (length < LongestTerm)
                length += Rune.ToLowerInvariant(rune).EncodeToUtf8(term[length..]);
            if (isAlone)
            {
                add(term[..length]);
                length = 0;
            }
        }
        if (length > 0)
            add(term[..length]);
    }

    static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
        or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
        or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    static bool IsAlone(int value) => value is (>= 0x0E00 and <= 0x0EFF) or (>= 0x3040 and <= 0x30FF) or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x3FFFF);
}
