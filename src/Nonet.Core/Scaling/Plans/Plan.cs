using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Plans;

/// <summary>A number with the 2.5 and 97.5 % of the bootstrap's replicates; without them for a published law.</summary>
public readonly record struct Estimate(double Value, double? Low = null, double? High = null);

/// <summary>A model that reaches the plan's loss.</summary>
/// <param name="Parameters">N.</param>
/// <param name="Tokens">D.</param>
/// <param name="TrainingFlops">6ND.</param>
/// <param name="Overhead">Training FLOPs as a multiple of the plan's.</param>
/// <param name="BreakEvenTokens">So many served tokens pay for the longer training, at 2N FLOPs each; null for the plan's own size.</param>
public sealed record SmallerModel(double Parameters, double Tokens, double TrainingFlops, double Overhead, double? BreakEvenTokens);

/// <summary>The cheapest model for training and serving together: Sardana et al. 2023 (arXiv:2401.00448), 6ND + 2N · served tokens at equal loss.</summary>
public sealed record ServingPlan(double ServedTokens, double Parameters, double Tokens, double TrainingFlops, double ServingFlops, double SharePaid);

/// <summary>Training on data that must be repeated.</summary>
/// <param name="UniqueTokens">U.</param>
/// <param name="Epochs">D / U; below 1 nothing is repeated.</param>
/// <param name="EffectiveTokens">Fresh tokens that D is worth.</param>
/// <param name="Fresh">The best of the same FLOPs if data were without end.</param>
public sealed record RepeatPlan(double UniqueTokens, double Epochs, double EffectiveTokens, Allocation Fresh);

/// <summary>What to train, and what it comes to.</summary>
public sealed record Plan
{
    public required string Law { get; init; }
    public required ParameterCounting Counting { get; init; }
    public required Estimate Flops { get; init; }
    public required Estimate Parameters { get; init; }
    public required Estimate Tokens { get; init; }
    public required Estimate Loss { get; init; }
    public required ModelShape Shape { get; init; }
    public required MemoryNeed Memory { get; init; }

    public Accelerator? Hardware { get; init; }
    public double? AcceleratorHours { get; init; }

    /// <summary>How many the hours are divided among, at least as many as hold the model.</summary>
    public int? Accelerators { get; init; }

    public TimeSpan? Duration { get; init; }
    public double? Price { get; init; }
    public RepeatPlan? Repeats { get; init; }
    public ServingPlan? Serving { get; init; }
    public IReadOnlyList<SmallerModel> Smaller { get; init; } = [];
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public double TokensPerParameter => Tokens.Value / Parameters.Value;
}
