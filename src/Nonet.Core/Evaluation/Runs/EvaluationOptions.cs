namespace Nonet.Evaluation.Runs;

/// <summary>How tasks are evaluated.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Maximum number of items, spread evenly over the task; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of exemplars, sampled paths and the bootstrap.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of sampled paths per item, for self-consistency and pass@k; null: one greedy text.</summary>
    public int? Paths { get; init; }

    /// <summary>Temperature of the paths.</summary>
    public double Temperature { get; init; } = 0.7;

    /// <summary>Samples paths only from the k most likely tokens; null: from all.</summary>
    public int? TopK { get; init; }

    /// <summary>Names of tools that a model with tools may not call. They replace the tasks' own lists; null: each task's own list.</summary>
    public IReadOnlyList<string>? ToolsOff { get; init; }

    /// <summary>Leaves out and counts items whose prompt does not fit the model's context; otherwise they are an error.</summary>
    public bool SkipLong { get; init; }
}
