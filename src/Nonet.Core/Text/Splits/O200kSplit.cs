using System.Globalization;
using System.Text;

namespace Nonet.Text.Splits;

/// <summary>
/// Splits text as o200k_base (GPT-4o) does: a new word begins where a capital follows a small letter, marks belong to their letters,
/// contractions to their words, and slashes to the preceding punctuation.
/// </summary>
sealed class O200kSplit : WordSplit
{
    public const string Pattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>
    /// Character classes of the pattern. Letters without case and marks belong to both letter classes; marks also count as punctuation.
    /// </summary>
    [Flags]
    enum Kind : byte { Other = 0, Upper = 1, Lower = 2, Both = Upper | Lower, OfMark = 4, Mark = Both | OfMark, Number = 8, Space = 16 }

    static readonly Kind[] basicPlane = [.. Enumerable.Range(0, 0x10000).Select(c => char.IsSurrogate((char)c) ? Kind.Other : Of(new Rune(c)))];

    public override bool EndsWithLine => true;

    public override void Cut(ReadOnlySpan<char> text, List<int> ends)
    {
        for (var end = 0; end < text.Length;)
            ends.Add(end = End(text, end));
    }

    static int End(ReadOnlySpan<char> text, int start)
    {
        var first = At(text, start, out var width);
        if (first == Kind.Number)
        {
            var end = start + width;
            for (var more = 2; more > 0 && end < text.Length && At(text, end, out width) == Kind.Number; more--)
                end += width;
            return end;
        }
        if (text[start] is not ('\r' or '\n') && WordEnd(text, start, first, width) is > 0 and var word)
            return word;
        var signs = text[start] == ' ' ? start + 1 : start;
        if (signs < text.Length && IsSign(At(text, signs, out _)))
        {
            while (signs < text.Length && IsSign(At(text, signs, out width)))
                signs += width;
            while (signs < text.Length && text[signs] is '\r' or '\n' or '/')
                signs++;
            return signs;
        }
        var spaces = start; // all white space lies in the basic plane
        while (spaces < text.Length && At(text, spaces, out _) == Kind.Space)
            spaces++;
        if (text[start..spaces].LastIndexOfAny('\r', '\n') is >= 0 and var line)
            return start + line + 1;
        return spaces < text.Length && spaces - 1 > start ? spaces - 1 : spaces;
    }

    /// <summary>
    /// End of a match of the first two alternatives of the pattern, tried in this order: a word that ends in small letters after a punctuation mark; the same
    /// with the mark as part of the word, since it may be a combining mark; capitals after a punctuation mark. 0 if none matches.
    /// </summary>
    static int WordEnd(ReadOnlySpan<char> text, int start, Kind first, int width)
    {
        if (first is Kind.Upper or Kind.Lower or Kind.Both)
            return Letters(text, start, out _);
        var behind = Letters(text, start + width, out var small);
        return small || first != Kind.Mark ? behind : Letters(text, start, out _);
    }

    /// <summary>End of a run of capitals and small letters from a place, including a contraction; 0 if there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The place.</param>
    /// <param name="small">Whether the last letter may be a small one.</param>
    static int Letters(ReadOnlySpan<char> text, int start, out bool small)
    {
        var (at, lastSmall, width) = (start, 0, 0);
        for (; at < text.Length && (At(text, at, out width) is var kind && (kind & Kind.Upper) != 0); at += width)
        {
            if ((kind & Kind.Lower) != 0)
                lastSmall = at + width;
        }
        var capitals = at;
        while (at < text.Length && (At(text, at, out width) & Kind.Lower) != 0)
            at += width;
        small = at > capitals || lastSmall > 0;
        var end = at > capitals ? at : small ? lastSmall : capitals;
        return end > start ? end + Contraction(text[end..]) : 0;
    }

    static bool IsSign(Kind kind) => kind is Kind.Other or Kind.Mark;

    static int Contraction(ReadOnlySpan<char> text) => text.IsEmpty || text[0] != '\'' ? 0 : Cl100kSplit.Contraction(text);

    static Kind At(ReadOnlySpan<char> text, int at, out int width)
    {
        var c = text[at];
        width = 1;
        if (!char.IsHighSurrogate(c) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            return basicPlane[c];
        width = 2;
        return Of(new Rune(c, text[at + 1]));
    }

    static Kind Of(Rune rune) => Rune.IsWhiteSpace(rune) ? Kind.Space : Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => Kind.Upper,
        UnicodeCategory.LowercaseLetter => Kind.Lower,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Both,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Kind.Mark,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
        _ => Kind.Other,
    };
}
