namespace Nonet.ToolUse.Annotation;

/// <summary>Stages through which texts, and then calls, have to come.</summary>
public enum FunnelStage
{
    /// <summary>Texts that the tool's heuristic chose.</summary>
    Chosen,

    /// <summary>Positions that were tried: p(mark) exceeds τ_s.</summary>
    Positions,

    /// <summary>Samples that closed.</summary>
    Closed,

    /// <summary>Samples that are calls of the tool.</summary>
    Parsed,

    /// <summary>Different calls that were allowed: they do not ask for what the text says only later.</summary>
    Allowed,

    /// <summary>Different calls with a result.</summary>
    Answered,

    /// <summary>Different calls with a gain of at least τ_f.</summary>
    Kept,
}

/// <summary>Calls and texts that a threshold keeps.</summary>
/// <param name="Threshold">τ_f.</param>
/// <param name="Calls">Different calls with a gain of at least τ_f.</param>
/// <param name="Texts">Texts with such a call.</param>
public readonly record struct KeptCount(double Threshold, long Calls, long Texts);

/// <summary>An example of what a stage let through or held back.</summary>
/// <param name="Text">Number of the text.</param>
/// <param name="Before">The end of the text before the position.</param>
/// <param name="Written">What was sampled; empty: a position.</param>
/// <param name="After">The beginning of the text after it.</param>
/// <param name="Says">Description of the example: a probability, an outcome, losses.</param>
public sealed record FunnelExample(int Text, string Before, string Written, string After, string Says);

/// <summary>How far the texts and calls of a tool came.</summary>
public sealed record ToolFunnel
{
    /// <summary>Name of the tool.</summary>
    public required string Tool { get; init; }

    /// <summary>Texts.</summary>
    public long Texts { get; init; }

    /// <summary>Texts that the tool's heuristic chose.</summary>
    public long Chosen { get; init; }

    /// <summary>Chosen texts with a position that was tried.</summary>
    public long TextsWithPositions { get; init; }

    /// <summary>Positions that were tried.</summary>
    public long Positions { get; init; }

    /// <summary>Samples.</summary>
    public long Sampled { get; init; }

    /// <summary>Samples that closed.</summary>
    public long Closed { get; init; }

    /// <summary>Samples that are calls of the tool.</summary>
    public long Parsed { get; init; }

    /// <summary>Different calls; equal ones at one position are one.</summary>
    public long Calls { get; init; }

    /// <summary>Different calls that were dropped because they ask for what the text says only later.</summary>
    public long LookingAhead { get; init; }

    /// <summary>Different calls by how they ended.</summary>
    public IReadOnlyDictionary<ToolOutcome, long> Outcomes { get; init; } = new Dictionary<ToolOutcome, long>();

    /// <summary>The tool's own τ_f.</summary>
    public double Threshold { get; init; }

    /// <summary>What each of several thresholds keeps, the tool's own among them.</summary>
    public IReadOnlyList<KeptCount> Kept { get; init; } = [];

    /// <summary>The highest p(mark) that was seen.</summary>
    public double Likeliest { get; init; }

    /// <summary>The highest gain that was seen; null: no call was scored.</summary>
    public double? HighestGain { get; init; }

    /// <summary>Calls that were inserted: of a position the most useful one, and no more texts than allowed.</summary>
    public long Inserted { get; init; }

    /// <summary>Texts with a call that was inserted.</summary>
    public long Examples { get; init; }

    /// <summary>Examples of each stage: of what it held back if it let nothing through, else of what it let through.</summary>
    public IReadOnlyDictionary<FunnelStage, IReadOnlyList<FunnelExample>> Seen { get; init; } = new Dictionary<FunnelStage, IReadOnlyList<FunnelExample>>();

    /// <summary>Different calls with a result.</summary>
    public long Answered => Outcomes.GetValueOrDefault(ToolOutcome.Answered);

    /// <summary>How many a stage let through.</summary>
    public long Count(FunnelStage stage) => stage switch
    {
        FunnelStage.Chosen => Chosen,
        FunnelStage.Positions => Positions,
        FunnelStage.Closed => Closed,
        FunnelStage.Parsed => Parsed,
        FunnelStage.Allowed => Calls - LookingAhead,
        FunnelStage.Answered => Answered,
        _ => Kept.First(k => k.Threshold == Threshold).Calls,
    };

    /// <summary>The first stage that no sample passed; null: none.</summary>
    public FunnelStage? Blocked => Texts == 0 ? null : Enum.GetValues<FunnelStage>().Cast<FunnelStage?>().FirstOrDefault(s => Count(s!.Value) == 0);
}
