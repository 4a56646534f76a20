using Nonet.Scaling.Runs;

namespace Nonet.Scaling;

/// <summary>A number that a fit gives.</summary>
/// <param name="Name">As the law has it: A, alpha, ...</param>
/// <param name="Value">At the optimum.</param>
/// <param name="Low">2.5 % of the replicates lie below.</param>
/// <param name="High">2.5 % of the replicates lie above.</param>
/// <param name="StandardError">Standard deviation of the replicates. All three are null without a bootstrap.</param>
public sealed record FittedNumber(string Name, double Value, double? Low = null, double? High = null, double? StandardError = null);

/// <summary>A run beside what the law says of it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Measured">Nats per token; for the laws of accuracy and batch what those are of.</param>
/// <param name="Predicted">The same by the law.</param>
public sealed record Prediction(ScalingRun Run, double Measured, double Predicted)
{
    /// <summary>Share by which the law is off.</summary>
    public double RelativeError => Predicted / Measured - 1;
}

/// <summary>A minimum of an IsoFLOP curve, or a piece of the envelope.</summary>
/// <param name="Flops">C.</param>
/// <param name="Parameters">Best N.</param>
/// <param name="Tokens">Best D.</param>
/// <param name="Loss">Loss there.</param>
/// <param name="Discarded">Why it does not count; null where it does.</param>
public sealed record FrontierPoint(double Flops, double Parameters, double Tokens, double Loss, string? Discarded = null);

/// <summary>A law fitted to runs.</summary>
public sealed record LawFit
{
    /// <summary>L(N), L(D), L(C), L(N,D), chinchilla, isoflop, envelope, critical-batch or accuracy.</summary>
    public required string Law { get; init; }

    /// <summary>The law as a formula of its numbers.</summary>
    public required string Formula { get; init; }

    /// <summary>The law's own numbers, in a fixed order.</summary>
    public required IReadOnlyList<FittedNumber> Numbers { get; init; }

    /// <summary>Numbers that follow from those, such as the exponents of the optimum.</summary>
    public IReadOnlyList<FittedNumber> Derived { get; init; } = [];

    /// <summary>Sum of Huber(1e-3) over residuals of ln L; of squares for laws that are fitted by least squares.</summary>
    public required double Objective { get; init; }

    /// <summary>Share of the variance of ln L (of ln N for the frontier laws) that the law explains.</summary>
    public required double RSquared { get; init; }

    /// <summary>How the optimum was found.</summary>
    public required string Method { get; init; }

    /// <summary>Each run that was fitted.</summary>
    public IReadOnlyList<Prediction> Fitted { get; init; } = [];

    /// <summary>Runs that were kept out, predicted.</summary>
    public IReadOnlyList<Prediction> HeldOut { get; init; } = [];

    /// <summary>Minima of IsoFLOP curves or pieces of the envelope, the discarded among them.</summary>
    public IReadOnlyList<FrontierPoint> Points { get; init; } = [];

    /// <summary>What the runs cannot tell, and what to beware of.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How things are counted and what was chosen.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The same law with an irreducible loss, for the laws of one quantity.</summary>
    public LawFit? WithFloor { get; init; }

    /// <summary>The numbers of each replicate, in the order of <see cref="Numbers"/>.</summary>
    public IReadOnlyList<double[]> Replicates { get; init; } = [];

    /// <summary>Largest C of the runs; beyond it the law is carried on.</summary>
    public double MostFlops { get; init; }

    public ParameterCounting Counting { get; init; }

    public double this[string name] => Numbers.Concat(Derived).First(n => n.Name == name).Value;

    /// <summary>Root of the mean squared relative error.</summary>
    public double RelativeError => Fitted.Count == 0 ? double.NaN : Math.Sqrt(Fitted.Average(p => p.RelativeError * p.RelativeError));
}
