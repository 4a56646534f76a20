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

    [Option("Share of the text's characters whose kinds are pieces, the most frequent kinds first.", Above = 0, Most = 1)]
    public double CharacterCoverage { get; init; } = 0.9995;

    [Option("Whether other characters become the tokens of their bytes; without it they are <unk>.")]
    public bool ByteFallback { get; init; } = true;

    [Option("What is done to text before it is cut: none, or nfkc, SentencePiece's way.")]
    public UnigramNormalization Normalization { get; init; } = UnigramNormalization.None;

    [Option("Special tokens after <unk>, <s> and </s>.")]
    public IReadOnlyList<string> Special { get; init; } = [];

    [Option("Tokens that are text, and are found in it before all else.")]
    public IReadOnlyList<string> UserDefined { get; init; } = [];

    [Option("Characters that a piece has at most.", Least = 1, Most = 64)]
    public int MaxPieceLength { get; init; } = 16;

    [Option("Frequent substrings that pieces are chosen from.", Least = 1)]
    public int SeedSize { get; init; } = 1_000_000;

    [Option("Share of the pieces that a round of pruning leaves.", Above = 0, Below = 1)]
    public double ShrinkingFactor { get; init; } = 0.75;

    [Option("Steps of expectation and maximisation between two rounds of pruning.", Least = 1)]
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
