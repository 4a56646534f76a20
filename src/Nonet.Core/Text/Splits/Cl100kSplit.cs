namespace Nonet.Text.Splits;

/// <summary>
/// Splits text as cl100k_base (GPT-4) and LLaMA 3 do: a word includes one preceding punctuation mark, numbers are split into groups of
/// three digits, and line ends belong to the preceding punctuation. Qwen 2 does the same with single digits.
/// </summary>
/// <param name="digits">Largest number of digits in a number.</param>
sealed class Cl100kSplit(int digits = 3) : WordSplit
{
    /// <summary>The pattern in LLaMA 3's tokenizer.json.</summary>
    public const string Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Qwen2Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public override bool EndsWithLine => true;

    public override void Cut(ReadOnlySpan<char> text, List<int> ends)
    {
        for (var end = 0; end < text.Length;)
            ends.Add(end = End(text, end));
    }

    int End(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text[start..]) is > 0 and var length)
            return start + length;
        var kind = CharacterKinds.At(text, start, out var width);
        if (kind == CharacterKind.Letter)
            return EndOf(CharacterKind.Letter, text, start + width);
        if (kind == CharacterKind.Number)
            return EndOf(CharacterKind.Number, text, start + width, most: digits - 1);
        var second = start + width < text.Length ? CharacterKinds.At(text, start + width, out _) : (CharacterKind?)null;
        if (second == CharacterKind.Letter && text[start] is not ('\r' or '\n'))
            return EndOf(CharacterKind.Letter, text, start + width);
        if (kind == CharacterKind.Other || (text[start] == ' ' && second == CharacterKind.Other))
        {
            var signs = EndOf(CharacterKind.Other, text, start + width);
            while (signs < text.Length && text[signs] is '\r' or '\n')
                signs++;
            return signs;
        }
        var spaces = EndOf(CharacterKind.Space, text, start + width); // all white space lies in the basic plane
        if (text[start..spaces].LastIndexOfAny('\r', '\n') is >= 0 and var line)
            return start + line + 1;
        return spaces < text.Length && spaces - 1 > start ? spaces - 1 : spaces;
    }

    static int EndOf(CharacterKind kind, ReadOnlySpan<char> text, int at, int most = int.MaxValue)
    {
        for (; most > 0 && at < text.Length && CharacterKinds.At(text, at, out var width) == kind; most--)
            at += width;
        return at;
    }

    /// <summary>Length of a contraction. Case is ignored as in Unicode case folding: U+017F is an s.</summary>
    internal static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.Length > 1 && text[1] is 's' or 'S' or '\u017F' or 't' or 'T' or 'm' or 'M' or 'd' or 'D')
            return 2;
        return text.Length > 2 && (char.ToLowerInvariant(text[1]), char.ToLowerInvariant(text[2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }
}
