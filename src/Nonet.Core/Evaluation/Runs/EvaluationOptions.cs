namespace Nonet.Evaluation.Runs;

/// <summary>How tasks are evaluated.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Only so many items, spread evenly over the task; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>Keys exemplars, sampled paths and the bootstrap.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Paths sampled for an item, for self-consistency and pass@k; null: one greedy text.</summary>
    public int? Paths { get; init; }

    /// <summary>Temperature of the paths.</summary>
    public double Temperature { get; init; } = 0.7;

    /// <summary>Only the k likeliest tokens of the paths; null: all.</summary>
    public int? TopK { get; init; }

    /// <summary>Names of tools that a model with tools may not call, in place of those that each task names; null: as the tasks say.</summary>
    public IReadOnlyList<string>? ToolsOff { get; init; }

    /// <summary>Leaves out items whose prompt does not fit the model's context, and counts them; else they are an error.</summary>
    public bool SkipLong { get; init; }
}
