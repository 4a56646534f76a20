using Nonet.Files;

namespace Nonet.Text.Bpe;

/// <summary>How text is split into words. Tokens never cross the end of a word.</summary>
public enum SplitPattern
{
    /// <summary>GPT-2's pattern: words with a preceding space, runs of digits, of punctuation, of spaces.</summary>
    Gpt2,

    /// <summary>
    /// The pattern of cl100k_base and LLaMA 3: groups of at most three digits, and line ends together with preceding punctuation.
    /// </summary>
    Cl100k,

    /// <summary>The pattern of Qwen 2: that of cl100k_base with single digits, so that a model computes with them.</summary>
    Qwen2,
}

/// <summary>Settings of a byte-level BPE. Its ids are special tokens, 256 bytes, and merges, in this order.</summary>
public sealed record BpeTrainerOptions : TokenizerTrainerOptions
{
    /// <summary>How text is split into words. Tokens never cross the end of a word.</summary>
    [Option("How text is split into words. Tokens never cross the end of a word.")]
    public SplitPattern Pattern { get; init; } = SplitPattern.Gpt2;

    /// <summary>
    /// Special tokens, which have the first ids. The first one ends documents. If a frequent word has the same text, merging may create the
    /// token too, as in tokenizers.
    /// </summary>
    [Option("Special tokens, which have the first ids. The first one ends documents. If a frequent word has the same text, merging may create the token "
        + "too, as in tokenizers.")]
    public IReadOnlyList<string> Special { get; init; } = ["<|endoftext|>"];

    /// <summary>
    /// Whether the first special token is added to the end of every text that is encoded with special tokens, as the sources of an
    /// encoder-decoder require.
    /// </summary>
    [Option("Whether the first special token is added to the end of every text that is encoded with special tokens, as the sources of an encoder-decoder "
        + "require.")]
    public bool EndMark { get; init; }

    /// <summary>Smallest number of occurrences for which a pair is merged.</summary>
    [Option("Smallest number of occurrences for which a pair is merged.", Least = 1)]
    public int MinFrequency { get; init; } = 2;

    /// <inheritdoc/>
    public override PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default) =>
        BpeTrainer.Train(texts, this, threads, progress, stopping);

    /// <inheritdoc/>
    public override void Check()
    {
        if (Special.Count == 0)
            throw new ArgumentException("special is empty; expected at least one token, of which the first ends documents");
        CheckTokens("special", Special);
        CheckVocab(256 + Special.Count, "256 bytes and the special tokens");
        CheckMinFrequency(MinFrequency);
    }
}
