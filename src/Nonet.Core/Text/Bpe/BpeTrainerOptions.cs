using Nonet.Files;

namespace Nonet.Text.Bpe;

/// <summary>How text is cut into words, which tokens never cross.</summary>
public enum SplitPattern
{
    /// <summary>GPT-2's: words with the space before them, runs of digits, of signs, of spaces.</summary>
    Gpt2,

    /// <summary>That of cl100k_base and LLaMA 3: numbers in threes, line ends with the signs before them.</summary>
    Cl100k,
}

/// <summary>What determines a byte-level BPE: its ids are special tokens, 256 bytes, and merges.</summary>
public sealed record BpeTrainerOptions : TokenizerTrainerOptions
{
    [Option("The rule that splits text into words. A token never crosses a word boundary.")]
    public SplitPattern Pattern { get; init; } = SplitPattern.Gpt2;

    [Option("Special tokens. They have the first ids, and they are matched before the text is split. The first one ends documents. As in tokenizers, merging may also produce a token with the same text if it is a frequent word.")]
    public IReadOnlyList<string> Special { get; init; } = ["<|endoftext|>"];

    [Option("Adds the first special token to the end of every text that is encoded with special tokens. The sources of an encoder-decoder need it.")]
    public bool EndMark { get; init; }

    [Option("Number of occurrences that a pair needs to be merged.", Least = 1)]
    public int MinFrequency { get; init; } = 2;

    public override PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default) =>
        BpeTrainer.Train(texts, this, threads, progress, stopping);

    public override void Check()
    {
        if (Special.Count == 0)
            throw new ArgumentException("special: at least one token is needed; the first ends documents");
        CheckTokens("special", Special);
        CheckVocab(256 + Special.Count, "256 bytes and the special tokens");
        CheckMinFrequency(MinFrequency);
    }
}
