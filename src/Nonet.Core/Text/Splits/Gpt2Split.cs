namespace Nonet.Text.Splits;

/// <summary>Splits text as GPT-2 does: openai/gpt-2, encoder.py.</summary>
sealed class Gpt2Split : WordSplit
{
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public override bool EndsWithLine => true;

    public override void Cut(ReadOnlySpan<char> text, List<int> ends)
    {
        for (var end = 0; end < text.Length;)
            ends.Add(end = End(text, end));
    }

    static int End(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text[start..]) is > 0 and var length)
            return start + length;
        var end = start;
        var kind = CharacterKinds.At(text, end, out var width);
        if (text[start] == ' ' && start + 1 < text.Length && CharacterKinds.At(text, start + 1, out var next) is not CharacterKind.Space and var word)
            (end, kind, width) = (start + 1, word, next);
        var last = width;
        for (end += width; end < text.Length && CharacterKinds.At(text, end, out width) == kind; end += width)
            last = width;
        // \s+(?!\S): the last of several spaces before a word belongs to the word
        return kind == CharacterKind.Space && end < text.Length && end - last > start ? end - last : end;
    }

    static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.Length > 1 && text[1] is 's' or 't' or 'm' or 'd')
            return 2;
        return text.Length > 2 && text[1..3] is "re" or "ve" or "ll" ? 3 : 0;
    }
}
