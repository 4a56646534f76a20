using Nonet.Evaluation.Metrics;

namespace Nonet.Evaluation.Runs;

/// <summary>A metric over the items of a task.</summary>
public sealed record Figure(string Metric, Estimate Estimate);

/// <summary>Results of a task with a number of exemplars.</summary>
public sealed record TaskResult
{
    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>Number of examples in each prompt.</summary>
    public required int Shots { get; init; }

    /// <summary>The figures; the task's own metric is the first.</summary>
    public required IReadOnlyList<Figure> Figures { get; init; }

    /// <summary>Every item with its requests and answers.</summary>
    public required IReadOnlyList<ItemResult> Items { get; init; }

    /// <summary>Accuracy of a vote of m paths, for each m; empty unless paths were sampled.</summary>
    public IReadOnlyList<(int Paths, Estimate Accuracy)> Curve { get; init; } = [];

    /// <summary>Notes for the reader: exemplars and items that were left out, texts without an answer.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
