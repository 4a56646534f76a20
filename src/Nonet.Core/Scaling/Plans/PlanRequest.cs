namespace Nonet.Scaling.Plans;

/// <summary>What is asked of a plan: exactly one of <see cref="Flops"/>, <see cref="AcceleratorHours"/> and <see cref="TargetLoss"/>.</summary>
public sealed record PlanRequest
{
    /// <summary>Training FLOPs.</summary>
    public double? Flops { get; init; }

    /// <summary>Hours of <see cref="Hardware"/>, all together.</summary>
    public double? AcceleratorHours { get; init; }

    /// <summary>Nats per token.</summary>
    public double? TargetLoss { get; init; }

    public Accelerator? Hardware { get; init; }

    /// <summary>Share of the peak that training reaches.</summary>
    public double Utilisation { get; init; } = 0.4;

    /// <summary>How many at once; null: as many as hold the model.</summary>
    public int? Accelerators { get; init; }

    /// <summary>Of an accelerator for an hour, in any currency.</summary>
    public double? HourlyPrice { get; init; }

    /// <summary>Tokens that the trained model will read or write in its life.</summary>
    public double? ServedTokens { get; init; }

    /// <summary>Tokens that there are; more are repeats.</summary>
    public double? UniqueTokens { get; init; }

    public int Vocab { get; init; } = 32_000;
    public int Context { get; init; } = 2048;
}
