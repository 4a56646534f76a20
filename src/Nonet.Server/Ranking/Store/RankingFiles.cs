namespace Nonet.Server.Ranking.Store;

/// <summary>Layouts of a file of rankings.</summary>
public enum RankingLayout
{
    /// <summary>{prompt, answers, ranks} and the labeller's other judgements, one ranking per line.</summary>
    Rankings,

    /// <summary>{prompt, chosen, rejected}, one pair per line.</summary>
    Pairs,

    /// <summary>{chosen, rejected} of whole dialogues, one pair per line, as in HH-RLHF.</summary>
    HhRlhf,
}

/// <summary>Options of an export.</summary>
public sealed record RankingExportOptions
{
    /// <summary>Layout of the file.</summary>
    public RankingLayout Layout { get; init; }

    /// <summary>Exports only rankings of this labeller; null: of all labellers.</summary>
    public string? Labeller { get; init; }

    /// <summary>Whether to join the rankings of a prompt: the majority decides each pair.</summary>
    public bool Merged { get; init; }
}

/// <summary>Result of an export.</summary>
/// <param name="Lines">Number of written lines.</param>
/// <param name="Warnings">Warnings for the user, one sentence each.</param>
public sealed record RankingExport(int Lines, IReadOnlyList<string> Warnings);

/// <summary>Result of an import.</summary>
/// <param name="Added">Number of new rankings.</param>
/// <param name="Known">Number of rankings that were stored already.</param>
/// <param name="WithoutComparison">Number of lines without a comparison: one answer, the same answer twice, or fewer than two ranks.</param>
/// <param name="Contradicted">Places of lines that contradict a stored ranking of the same labeller. The stored ranking is kept.</param>
public sealed record RankingImport(int Added, int Known, int WithoutComparison, IReadOnlyList<string> Contradicted);
