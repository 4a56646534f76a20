namespace Nonet.Server.Ranking.Store;

/// <summary>Layouts of a file of rankings.</summary>
public enum RankingLayout
{
    /// <summary>{prompt, answers, ranks} and what else a labeller said, a ranking a line.</summary>
    Rankings,

    /// <summary>{prompt, chosen, rejected}, a pair a line.</summary>
    Pairs,

    /// <summary>{chosen, rejected} of whole dialogues, a pair a line, as in HH-RLHF.</summary>
    HhRlhf,
}

/// <summary>What an export holds.</summary>
public sealed record RankingExportOptions
{
    /// <summary>Layout of the file.</summary>
    public RankingLayout Layout { get; init; }

    /// <summary>Only rankings of this labeller; null: of all.</summary>
    public string? Labeller { get; init; }

    /// <summary>Joins the rankings of a prompt: the majority decides each pair.</summary>
    public bool Merged { get; init; }
}

/// <summary>What was exported.</summary>
/// <param name="Lines">Lines that were written.</param>
/// <param name="Warnings">What a user should know, one sentence each.</param>
public sealed record RankingExport(int Lines, IReadOnlyList<string> Warnings);

/// <summary>What was imported.</summary>
/// <param name="Added">Rankings that are new.</param>
/// <param name="Known">Rankings that were there already.</param>
/// <param name="WithoutComparison">Lines that compare nothing: one answer, the same answer twice, or fewer than two ranks.</param>
/// <param name="Contradicted">Places of lines of which the same labeller has another ranking stored; the stored one is kept.</param>
public sealed record RankingImport(int Added, int Known, int WithoutComparison, IReadOnlyList<string> Contradicted);
