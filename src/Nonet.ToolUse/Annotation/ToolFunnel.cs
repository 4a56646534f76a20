namespace Nonet.ToolUse.Annotation;

/// <summary>Stages that texts, and then calls, pass in this order.</summary>
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

    /// <summary>Distinct calls that were allowed: their input does not occur in the text only after them.</summary>
    Allowed,

    /// <summary>Distinct calls with a result.</summary>
    Answered,

    /// <summary>Distinct calls with a gain of at least τ_f.</summary>
    Kept,
}

/// <summary>Numbers of calls and texts that a threshold keeps.</summary>
/// <param name="Threshold">τ_f.</param>
/// <param name="Calls">Number of distinct calls with a gain of at least τ_f.</param>
/// <param name="Texts">Number of texts with such a call.</param>
public readonly record struct KeptCount(double Threshold, long Calls, long Texts);

/// <summary>An example of a text or call that a stage let through or held back.</summary>
/// <param name="Text">Number of the text.</param>
/// <param name="Before">The end of the text before the position.</param>
/// <param name="Written">The sampled text; empty if the example is a position.</param>
/// <param name="After">The beginning of the text after the position.</param>
/// <param name="Says">Description of the example: a probability, an outcome, losses.</param>
public sealed record FunnelExample(int Text, string Before, string Written, string After, string Says);

/// <summary>How many texts and calls of a tool passed each stage.</summary>
public sealed record ToolFunnel
{
    /// <summary>Name of the tool.</summary>
    public required string Tool { get; init; }

    /// <summary>Number of texts.</summary>
    public long Texts { get; init; }

    /// <summary>Texts that the tool's heuristic chose.</summary>
    public long Chosen { get; init; }

    /// <summary>Chosen texts in which a position was tried.</summary>
    public long TextsWithPositions { get; init; }

    /// <summary>Positions that were tried.</summary>
    public long Positions { get; init; }

    /// <summary>Number of samples.</summary>
    public long Sampled { get; init; }

    /// <summary>Samples that closed.</summary>
    public long Closed { get; init; }

    /// <summary>Samples that are calls of the tool.</summary>
    public long Parsed { get; init; }

    /// <summary>Distinct calls. Equal calls at the same position count once.</summary>
    public long Calls { get; init; }

    /// <summary>Distinct calls that were dropped because their input occurs in the text only after them.</summary>
    public long LookingAhead { get; init; }

    /// <summary>Numbers of distinct calls, by outcome.</summary>
    public IReadOnlyDictionary<ToolOutcome, long> Outcomes { get; init; } = new Dictionary<ToolOutcome, long>();

    /// <summary>The tool's own τ_f.</summary>
    public double Threshold { get; init; }

    /// <summary>Numbers of calls and texts that each of several thresholds keeps, including the tool's own.</summary>
    public IReadOnlyList<KeptCount> Kept { get; init; } = [];

    /// <summary>The highest p(mark) of all positions.</summary>
    public double Likeliest { get; init; }

    /// <summary>The highest gain of all calls, in nats; null if no call was scored.</summary>
    public double? HighestGain { get; init; }

    /// <summary>Number of calls inserted: the most useful call of each position, up to the maximum number of texts.</summary>
    public long Inserted { get; init; }

    /// <summary>Number of texts into which a call was inserted.</summary>
    public long Examples { get; init; }

    /// <summary>Examples of each stage: of what it let through, or, if it let nothing through, of what it held back.</summary>
    public IReadOnlyDictionary<FunnelStage, IReadOnlyList<FunnelExample>> Seen { get; init; } = new Dictionary<FunnelStage, IReadOnlyList<FunnelExample>>();

    /// <summary>Distinct calls with a result.</summary>
    public long Answered => Outcomes.GetValueOrDefault(ToolOutcome.Answered);

    /// <summary>Number of texts, positions, samples or calls that a stage let through.</summary>
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

    /// <summary>The first stage that nothing passed; null if something passed every stage, or if there is no text.</summary>
    public FunnelStage? Blocked => Texts == 0 ? null : Enum.GetValues<FunnelStage>().Cast<FunnelStage?>().FirstOrDefault(s => Count(s!.Value) == 0);
}
