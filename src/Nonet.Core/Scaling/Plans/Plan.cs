using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Plans;

/// <summary>A number with the 2.5 and 97.5 % quantiles of the bootstrap replicates; these are null for a published law.</summary>
public readonly record struct Estimate(double Value, double? Low = null, double? High = null);

/// <summary>A smaller model that reaches the plan's loss.</summary>
/// <param name="Parameters">N.</param>
/// <param name="Tokens">D.</param>
/// <param name="TrainingFlops">6ND.</param>
/// <param name="Overhead">Training FLOPs relative to the plan's.</param>
/// <param name="BreakEvenTokens">Number of served tokens, at 2N FLOPs each, that pay for the longer training; null for the plan's own size.</param>
public sealed record SmallerModel(double Parameters, double Tokens, double TrainingFlops, double Overhead, double? BreakEvenTokens);

/// <summary>
/// Model with the lowest cost of training and serving together: Sardana et al. 2023 (arXiv:2401.00448), 6ND + 2N · served tokens at equal
/// loss.
/// </summary>
public sealed record ServingPlan(double ServedTokens, double Parameters, double Tokens, double TrainingFlops, double ServingFlops, double SharePaid);

/// <summary>Training on data that must be repeated.</summary>
/// <param name="UniqueTokens">U.</param>
/// <param name="Epochs">D / U; below 1 nothing is repeated.</param>
/// <param name="EffectiveTokens">Number of fresh tokens that D is worth.</param>
/// <param name="Fresh">Optimal allocation of the same FLOPs with unlimited data.</param>
public sealed record RepeatPlan(double UniqueTokens, double Epochs, double EffectiveTokens, Allocation Fresh);

/// <summary>A plan of a training run and its expected result.</summary>
public sealed record Plan
{
    /// <summary>Name of the law.</summary>
    public required string Law { get; init; }

    /// <summary>Whether N includes embeddings.</summary>
    public required ParameterCounting Counting { get; init; }

    /// <summary>C: training FLOPs.</summary>
    public required Estimate Flops { get; init; }

    /// <summary>N.</summary>
    public required Estimate Parameters { get; init; }

    /// <summary>D.</summary>
    public required Estimate Tokens { get; init; }

    /// <summary>Expected loss in nats per token.</summary>
    public required Estimate Loss { get; init; }

    /// <summary>Proposed shape.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>Memory for training and serving.</summary>
    public required MemoryNeed Memory { get; init; }

    /// <summary>Hardware; null if the request names none.</summary>
    public Accelerator? Hardware { get; init; }

    /// <summary>Accelerator hours of the training; null without hardware.</summary>
    public double? AcceleratorHours { get; init; }

    /// <summary>Number of accelerators that share the hours, at least as many as hold the model.</summary>
    public int? Accelerators { get; init; }

    /// <summary>Duration of the training; null without hardware.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Price of the training in the currency of the request; null without an hourly price.</summary>
    public double? Price { get; init; }

    /// <summary>Repetition of data; null if the request gives no unique tokens.</summary>
    public RepeatPlan? Repeats { get; init; }

    /// <summary>Optimum including serving; null if the request gives no served tokens.</summary>
    public ServingPlan? Serving { get; init; }

    /// <summary>Smaller models that reach the same loss with more training.</summary>
    public IReadOnlyList<SmallerModel> Smaller { get; init; } = [];

    /// <summary>Warnings, such as extrapolation far beyond the fitted runs.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>D / N.</summary>
    public double TokensPerParameter => Tokens.Value / Parameters.Value;
}
