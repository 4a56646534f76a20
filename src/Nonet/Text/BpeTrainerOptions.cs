namespace Nonet.Text;

/// <summary>How text is cut into words, which tokens never cross.</summary>
public enum SplitPattern
{
    /// <summary>GPT-2's: words with the space before them, runs of digits, of signs, of spaces.</summary>
    Gpt2,

    /// <summary>That of cl100k_base and LLaMA 3: numbers in threes, line ends with the signs before them.</summary>
    Cl100k,
}

/// <summary>What determines a trained tokenizer; threads do not.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>Number of ids: special tokens, 256 bytes, and merges. Fewer where the text runs out of pairs.</summary>
    public int Vocab { get; init; } = 8192;

    public SplitPattern Pattern { get; init; } = SplitPattern.Gpt2;

    /// <summary>Tokens that text never becomes by merging; they have the first ids. The first one ends documents.</summary>
    public IReadOnlyList<string> Special { get; init; } = ["<|endoftext|>"];

    /// <summary>Occurrences that a pair needs to be merged.</summary>
    public int MinFrequency { get; init; } = 2;

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    internal void Check()
    {
        if (Special.Count == 0 || Special.Any(string.IsNullOrEmpty))
            throw new ArgumentException("special: at least one token is needed, none of them empty; the first ends documents");
        if (Special.GroupBy(s => s, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"special: '{twice.Key}' is given twice");
        if (Special.FirstOrDefault(s => s.Length == 1) is { } single)
            throw new ArgumentException($"special: '{single}' is one character, which is text; two or more are needed");
        var least = 256 + Special.Count;
        if (Vocab < least || Vocab > 1 << 24)
            throw new ArgumentException($"vocab is {Vocab}: {least} (256 bytes and the special tokens) to {1 << 24} is needed");
        if (MinFrequency < 1)
            throw new ArgumentException($"min_frequency is {MinFrequency}: at least 1 is needed");
    }
}

/// <summary>Where a training stands: first text is read and its words are counted, then pairs are merged.</summary>
/// <param name="Characters">UTF-16 units of text read.</param>
/// <param name="Words">Distinct words, counted once all text is read.</param>
/// <param name="Tokens">Ids so far; 0 while text is read.</param>
public readonly record struct BpeTrainingProgress(long Characters, int Words, int Tokens);
