namespace Nonet.Scaling.Runs;

/// <summary>A point of a run's training curve.</summary>
/// <param name="Tokens">Tokens seen.</param>
/// <param name="Loss">Nats per token.</param>
public readonly record struct CurvePoint(double Tokens, double Loss);

/// <summary>One training run: a row of a table.</summary>
public sealed record ScalingRun
{
    /// <summary>Row of the table, the first after the header being 1.</summary>
    public required int Row { get; init; }

    public string? Name { get; init; }

    /// <summary>N as it is counted here: with or without embeddings (<see cref="RunTableOptions.Counting"/>).</summary>
    public required double Parameters { get; init; }

    /// <summary>All parameters, where the table has them.</summary>
    public double? AllParameters { get; init; }

    /// <summary>Parameters without those of embeddings and output, where the table has them.</summary>
    public double? NonEmbedding { get; init; }

    /// <summary>D: tokens trained on, repeats counted again.</summary>
    public required double Tokens { get; init; }

    /// <summary>C: training FLOPs as counted here.</summary>
    public required double Flops { get; init; }

    /// <summary>Nats per token on held-out text.</summary>
    public required double Loss { get; init; }

    public string? Seed { get; init; }
    public double? LearningRate { get; init; }

    /// <summary>Tokens an update.</summary>
    public double? Batch { get; init; }

    /// <summary>Updates.</summary>
    public double? Steps { get; init; }

    /// <summary>Share of a downstream task's items that are right, 0 to 1.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The batch, in tokens, at which the noise of the gradient equals the gradient: tr(Σ) / |G|². McCandlish et al. 2018, eq. 2.9.</summary>
    public double? NoiseScale { get; init; }

    /// <summary>In order of tokens; empty where the table has no curves.</summary>
    public IReadOnlyList<CurvePoint> Curve { get; init; } = [];

    /// <summary>How messages call it.</summary>
    public string Label => Name is null ? $"row {Row}" : $"row {Row} ({Name})";
}
