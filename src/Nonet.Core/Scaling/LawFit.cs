using Nonet.Scaling.Runs;

namespace Nonet.Scaling;

/// <summary>A number that a fit determines.</summary>
/// <param name="Name">Name in the law: A, alpha, ...</param>
/// <param name="Value">Value at the optimum.</param>
/// <param name="Low">2.5 % quantile of the replicates.</param>
/// <param name="High">97.5 % quantile of the replicates.</param>
/// <param name="StandardError">Standard deviation of the replicates. All three are null without a bootstrap.</param>
public sealed record FittedNumber(string Name, double Value, double? Low = null, double? High = null, double? StandardError = null);

/// <summary>A run and its prediction by the law.</summary>
/// <param name="Run">The run.</param>
/// <param name="Measured">Loss in nats per token; for the laws of accuracy and batch size, their quantity.</param>
/// <param name="Predicted">The same quantity by the law.</param>
public sealed record Prediction(ScalingRun Run, double Measured, double Predicted)
{
    /// <summary>Relative error of the prediction.</summary>
    public double RelativeError => Predicted / Measured - 1;
}

/// <summary>A minimum of an IsoFLOP curve, or a piece of the envelope.</summary>
/// <param name="Flops">C.</param>
/// <param name="Parameters">Optimal N.</param>
/// <param name="Tokens">Optimal D.</param>
/// <param name="Loss">Loss at the optimum.</param>
/// <param name="Discarded">Reason why it does not count; null if it counts.</param>
public sealed record FrontierPoint(double Flops, double Parameters, double Tokens, double Loss, string? Discarded = null);

/// <summary>A law fitted to runs.</summary>
public sealed record LawFit
{
    /// <summary>Name of the law: L(N), L(D), L(C), L(N,D), chinchilla, isoflop, envelope, critical-batch or accuracy.</summary>
    public required string Law { get; init; }

    /// <summary>The law as a formula with the names of its numbers.</summary>
    public required string Formula { get; init; }

    /// <summary>The numbers of the law, in a fixed order.</summary>
    public required IReadOnlyList<FittedNumber> Numbers { get; init; }

    /// <summary>Numbers that follow from them, such as the exponents of the optimum.</summary>
    public IReadOnlyList<FittedNumber> Derived { get; init; } = [];

    /// <summary>Sum of Huber(1e-3) over the residuals of ln L; the sum of squares for laws that are fitted by least squares.</summary>
    public required double Objective { get; init; }

    /// <summary>R²: share of the variance of ln L (of ln N for the frontier laws) that the law explains.</summary>
    public required double RSquared { get; init; }

    /// <summary>Description of how the optimum was found.</summary>
    public required string Method { get; init; }

    /// <summary>The fitted runs with their predictions.</summary>
    public IReadOnlyList<Prediction> Fitted { get; init; } = [];

    /// <summary>The held-out runs with their predictions.</summary>
    public IReadOnlyList<Prediction> HeldOut { get; init; } = [];

    /// <summary>Minima of IsoFLOP curves or pieces of the envelope, including discarded ones.</summary>
    public IReadOnlyList<FrontierPoint> Points { get; init; } = [];

    /// <summary>Warnings, such as numbers that the runs do not determine.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Notes on counting and on the choice of runs.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The same law with an irreducible loss, for laws of one quantity; null otherwise.</summary>
    public LawFit? WithFloor { get; init; }

    /// <summary>Numbers of each replicate, in the order of <see cref="Numbers"/>.</summary>
    public IReadOnlyList<double[]> Replicates { get; init; } = [];

    /// <summary>Largest C of the runs. Beyond it the law is extrapolated.</summary>
    public double MostFlops { get; init; }

    /// <summary>Whether N includes embeddings.</summary>
    public ParameterCounting Counting { get; init; }

    /// <summary>Value of a number, own or derived, by name.</summary>
    public double this[string name] => Numbers.Concat(Derived).First(n => n.Name == name).Value;

    /// <summary>Root of the mean squared relative error.</summary>
    public double RelativeError => Fitted.Count == 0 ? double.NaN : Math.Sqrt(Fitted.Average(p => p.RelativeError * p.RelativeError));
}
