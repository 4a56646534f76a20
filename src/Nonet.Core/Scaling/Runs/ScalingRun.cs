namespace Nonet.Scaling.Runs;

/// <summary>A point of a training curve.</summary>
/// <param name="Tokens">Tokens so far.</param>
/// <param name="Loss">Loss in nats per token.</param>
public readonly record struct CurvePoint(double Tokens, double Loss);

/// <summary>One training run: a row of a table.</summary>
public sealed record ScalingRun
{
    /// <summary>Row in the table; the first after the header is 1.</summary>
    public required int Row { get; init; }

    /// <summary>Name of the run; null if the table has none.</summary>
    public string? Name { get; init; }

    /// <summary>N as counted: with or without embeddings (<see cref="RunTableOptions.Counting"/>).</summary>
    public required double Parameters { get; init; }

    /// <summary>Number of all parameters; null if the table lacks it.</summary>
    public double? AllParameters { get; init; }

    /// <summary>Number of parameters without embeddings and output; null if the table lacks it.</summary>
    public double? NonEmbedding { get; init; }

    /// <summary>D: tokens trained on, including repeats.</summary>
    public required double Tokens { get; init; }

    /// <summary>C: training FLOPs as counted.</summary>
    public required double Flops { get; init; }

    /// <summary>Held-out loss in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Seed of the run; null if the table has none.</summary>
    public string? Seed { get; init; }

    /// <summary>Peak learning rate; null if the table has none.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Tokens per update.</summary>
    public double? Batch { get; init; }

    /// <summary>Number of updates.</summary>
    public double? Steps { get; init; }

    /// <summary>Accuracy on a downstream task, from 0 to 1.</summary>
    public double? Accuracy { get; init; }

    /// <summary>
    /// Gradient noise scale tr(Σ) / |G|² in tokens: the batch size at which the noise of the gradient equals the gradient. McCandlish et
    /// al. 2018, eq. 2.9.
    /// </summary>
    public double? NoiseScale { get; init; }

    /// <summary>Training curve in order of tokens; empty if the table has none.</summary>
    public IReadOnlyList<CurvePoint> Curve { get; init; } = [];

    /// <summary>Name of the run in messages.</summary>
    public string Label => Name is null ? $"row {Row}" : $"row {Row} ({Name})";
}
