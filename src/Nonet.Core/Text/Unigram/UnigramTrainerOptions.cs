using Nonet.Files;

namespace Nonet.Text.Unigram;

/// <summary>What is done to text before it is cut.</summary>
public enum UnigramNormalization
{
    /// <summary>Nothing: text comes back as it was, but for one space at its very beginning.</summary>
    None,

    /// <summary>SentencePiece's way: control characters go, compatible characters become one (NFKC), line ends and runs of blanks become a space.</summary>
    Nfkc,
}

/// <summary>What determines a Unigram tokenizer: its ids are special and user-defined tokens, 256 bytes, and pieces from the most probable to the least.</summary>
public sealed record UnigramTrainerOptions : TokenizerTrainerOptions
{
    /// <summary>What no piece says, the beginning of a text, and its end: they have the first ids.</summary>
    internal static IReadOnlyList<string> Marks { get; } = ["<unk>", "<s>", "</s>"];

    [Option("Fraction of the characters in the text that the vocabulary must cover, starting with the most frequent characters.", Above = 0, Most = 1)]
    public double CharacterCoverage { get; init; } = 0.9995;

    [Option("Whether characters outside the vocabulary become their bytes. False: they become <unk>.")]
    public bool ByteFallback { get; init; } = true;

    [Option("Normalisation of the text: none, or nfkc as in SentencePiece.")]
    public UnigramNormalization Normalization { get; init; } = UnigramNormalization.None;

    [Option("Special tokens after <unk>, <s> and </s>.")]
    public IReadOnlyList<string> Special { get; init; } = [];

    [Option("Tokens that are matched as plain text before all other pieces.")]
    public IReadOnlyList<string> UserDefined { get; init; } = [];

    [Option("Maximum number of characters in a piece.", Least = 1, Most = 64)]
    public int MaxPieceLength { get; init; } = 16;

    [Option("Number of frequent substrings from which the pieces are chosen.", Least = 1)]
    public int SeedSize { get; init; } = 1_000_000;

    [Option("Fraction of the pieces that is kept in each round of pruning.", Above = 0, Below = 1)]
    public double ShrinkingFactor { get; init; } = 0.75;

    [Option("Number of expectation-maximisation steps between two rounds of pruning.", Least = 1)]
    public int SubIterations { get; init; } = 2;

    public override PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default) =>
        UnigramTrainer.Train(texts, this, threads, progress, stopping);

    public override void Check()
    {
        CheckTokens("special", [.. Marks, .. Special]);
        CheckTokens("user_defined", [.. Marks, .. Special, .. UserDefined]);
        CheckVocab(Reserved + 1, ByteFallback ? "special and user-defined tokens, 256 bytes, and a piece" : "special and user-defined tokens, and a piece");
        if (CharacterCoverage is not (> 0 and <= 1))
            throw new ArgumentException(FormattableString.Invariant($"character_coverage is {CharacterCoverage}: a share above 0 and at most 1 is needed"));
        if (MaxPieceLength is < 1 or > 64)
            throw new ArgumentException($"max_piece_length is {MaxPieceLength}: 1 to 64 is needed");
        if (SeedSize < 1)
            throw new ArgumentException($"seed_size is {SeedSize}: at least 1 is needed");
        if (ShrinkingFactor is not (> 0 and < 1))
            throw new ArgumentException(FormattableString.Invariant($"shrinking_factor is {ShrinkingFactor}: a share above 0 and below 1 is needed"));
        if (SubIterations < 1)
            throw new ArgumentException($"sub_iterations is {SubIterations}: at least 1 is needed");
    }

    /// <summary>Ids that are no pieces.</summary>
    internal int Reserved => Marks.Count + Special.Count + UserDefined.Count + (ByteFallback ? 256 : 0);
}
