using System.Globalization;
using System.Text;

namespace Nonet.Text.Splits;

/// <summary>Character classes of the split patterns: \s, \p{L}, \p{N} and all others.</summary>
enum CharacterKind : byte { Space, Letter, Number, Other }

static class CharacterKinds
{
    static readonly CharacterKind[] basicPlane =
        [.. Enumerable.Range(0, 0x10000).Select(c => char.IsSurrogate((char)c) ? CharacterKind.Other : Of(new Rune(c)))];

    /// <summary>Kind of the character at a place, and its width in UTF-16 units. A lone surrogate is of the kind Other.</summary>
    public static CharacterKind At(ReadOnlySpan<char> text, int at, out int width)
    {
        var c = text[at];
        width = 1;
        if (!char.IsHighSurrogate(c) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            return basicPlane[c];
        width = 2;
        return Of(new Rune(c, text[at + 1]));
    }

    static CharacterKind Of(Rune rune) => Rune.IsWhiteSpace(rune) ? CharacterKind.Space : Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter => CharacterKind.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterKind.Number,
        _ => CharacterKind.Other,
    };
}
