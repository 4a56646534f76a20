using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Nonet.Text;

/// <summary>
/// Cuts text as GPT-2 does: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ (openai/gpt-2, encoder.py). By hand and not by Regex, which
/// sees UTF-16 code units and takes a letter beyond U+FFFF for punctuation.
/// </summary>
sealed class Gpt2Split : PreTokenizer
{
    enum Kind { Space, Letter, Number, Other }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => PreTokenize(text.AsSpan());

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        var pieces = new List<(int, int)>(text.Length / 4 + 1);
        for (var start = 0; start < text.Length;)
        {
            var end = start + Length(text[start..]);
            pieces.Add((start, end - start));
            start = end;
        }
        return pieces;
    }

    static int Length(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text) is > 0 and var length)
            return length;
        var first = text[0] == ' ' && text.Length > 1 && KindAt(text, 1, out _) != Kind.Space ? 1 : 0;
        var kind = KindAt(text, first, out var width);
        var end = first + width;
        var lastWidth = width;
        while (end < text.Length && KindAt(text, end, out width) == kind)
        {
            end += width;
            lastWidth = width;
        }
        // \s+(?!\S): spaces before a word leave it the last one, unless that is the only one
        return kind == Kind.Space && end < text.Length && end > lastWidth ? end - lastWidth : end;
    }

    static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.Length > 1 && text[1] is 's' or 't' or 'm' or 'd')
            return 2;
        return text.Length > 2 && text[1..3] is "re" or "ve" or "ll" ? 3 : 0;
    }

    static Kind KindAt(ReadOnlySpan<char> text, int at, out int width)
    {
        var c = text[at];
        if (char.IsAscii(c))
        {
            width = 1;
            return char.IsAsciiLetter(c) ? Kind.Letter : char.IsAsciiDigit(c) ? Kind.Number : c is ' ' or (>= '\t' and <= '\r') ? Kind.Space : Kind.Other;
        }
        Rune.DecodeFromUtf16(text[at..], out var rune, out width);
        if (Rune.IsWhiteSpace(rune))
            return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
