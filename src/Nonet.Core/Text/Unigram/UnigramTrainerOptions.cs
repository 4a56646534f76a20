using System.Globalization;
using Nonet.Files;

namespace Nonet.Text.Unigram;

/// <summary>Normalisation of text before it is split.</summary>
public enum UnigramNormalization
{
    /// <summary>No normalisation: decoding returns the original text, except for one space at its beginning.</summary>
    None,

    /// <summary>
    /// SentencePiece's normalisation: control characters are removed, compatible characters are unified (NFKC), and line ends and runs of
    /// spaces become one space.
    /// </summary>
    Nfkc,
}

/// <summary>
/// Settings of a Unigram tokenizer. Its ids are special and user-defined tokens, 256 bytes, and pieces in order of decreasing probability.
/// </summary>
public sealed record UnigramTrainerOptions : TokenizerTrainerOptions
{
    /// <summary>Special tokens with the first ids: unknown text, beginning and end of a text.</summary>
    internal static IReadOnlyList<string> Marks { get; } = ["<unk>", "<s>", "</s>"];

    /// <summary>Share of the text that the characters in the vocabulary cover; the most frequent characters are chosen first.</summary>
    [Option("Share of the text that the characters in the vocabulary cover; the most frequent characters are chosen first.", Above = 0, Most = 1)]
    public double CharacterCoverage { get; init; } = 0.9995;

    /// <summary>Whether other characters become the tokens of their bytes; without it they are &lt;unk&gt;.</summary>
    [Option("Whether other characters become the tokens of their bytes; without it they are <unk>.")]
    public bool ByteFallback { get; init; } = true;

    /// <summary>Normalisation of text before it is split: none, or nfkc as in SentencePiece.</summary>
    [Option("Normalisation of text before it is split: none, or nfkc as in SentencePiece.")]
    public UnigramNormalization Normalization { get; init; } = UnigramNormalization.None;

    /// <summary>Special tokens after &lt;unk&gt;, &lt;s&gt; and &lt;/s&gt;.</summary>
    [Option("Special tokens after <unk>, <s> and </s>.")]
    public IReadOnlyList<string> Special { get; init; } = [];

    /// <summary>Tokens for fixed texts, which are found before the text is split.</summary>
    [Option("Tokens for fixed texts, which are found before the text is split.")]
    public IReadOnlyList<string> UserDefined { get; init; } = [];

    /// <summary>Largest number of characters in a piece.</summary>
    [Option("Largest number of characters in a piece.", Least = 1, Most = 64)]
    public int MaxPieceLength { get; init; } = 16;

    /// <summary>Number of frequent substrings from which pieces are chosen.</summary>
    [Option("Number of frequent substrings from which pieces are chosen.", Least = 1)]
    public int SeedSize { get; init; } = 1_000_000;

    /// <summary>Share of the pieces that remain after a round of pruning.</summary>
    [Option("Share of the pieces that remain after a round of pruning.", Above = 0, Below = 1)]
    public double ShrinkingFactor { get; init; } = 0.75;

    /// <summary>Steps of expectation maximisation between two rounds of pruning.</summary>
    [Option("Steps of expectation maximisation between two rounds of pruning.", Least = 1)]
    public int SubIterations { get; init; } = 2;

    /// <inheritdoc/>
    public override PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default) =>
        UnigramTrainer.Train(texts, this, threads, progress, stopping);

    /// <inheritdoc/>
    public override void Check()
    {
        CheckTokens("special", [.. Marks, .. Special]);
        CheckTokens("user_defined", [.. Marks, .. Special, .. UserDefined]);
        CheckVocab(Reserved + 1, ByteFallback ? "special and user-defined tokens, 256 bytes, and a piece" : "special and user-defined tokens, and a piece");
        if (CharacterCoverage is not (> 0 and <= 1))
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"character_coverage is {CharacterCoverage}; expected a share above 0 and at most 1"));
        if (MaxPieceLength is < 1 or > 64)
            throw new ArgumentException($"max_piece_length is {MaxPieceLength}; expected 1 to 64");
        if (SeedSize < 1)
            throw new ArgumentException($"seed_size is {SeedSize}; expected at least 1");
        if (ShrinkingFactor is not (> 0 and < 1))
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"shrinking_factor is {ShrinkingFactor}; expected a share above 0 and below 1"));
        if (SubIterations < 1)
            throw new ArgumentException($"sub_iterations is {SubIterations}; expected at least 1");
    }

    /// <summary>Number of ids that are not pieces.</summary>
    internal int Reserved => Marks.Count + Special.Count + UserDefined.Count + (ByteFallback ? 256 : 0);
}
