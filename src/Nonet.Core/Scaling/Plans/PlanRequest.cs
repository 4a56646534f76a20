namespace Nonet.Scaling.Plans;

/// <summary>Request for a plan. Set exactly one of <see cref="Flops"/>, <see cref="AcceleratorHours"/> and <see cref="TargetLoss"/>.</summary>
public sealed record PlanRequest
{
    /// <summary>Training FLOPs.</summary>
    public double? Flops { get; init; }

    /// <summary>Hours of <see cref="Hardware"/>, summed over all accelerators.</summary>
    public double? AcceleratorHours { get; init; }

    /// <summary>Loss to reach, in nats per token.</summary>
    public double? TargetLoss { get; init; }

    /// <summary>Hardware for training; required for accelerator hours.</summary>
    public Accelerator? Hardware { get; init; }

    /// <summary>Share of the peak FLOP/s that training reaches.</summary>
    public double Utilisation { get; init; } = 0.4;

    /// <summary>Number of accelerators; null: as many as hold the model.</summary>
    public int? Accelerators { get; init; }

    /// <summary>Price of one accelerator hour, in any currency.</summary>
    public double? HourlyPrice { get; init; }

    /// <summary>Number of tokens that the trained model will read or write in its lifetime.</summary>
    public double? ServedTokens { get; init; }

    /// <summary>Number of available tokens; more are repeats.</summary>
    public double? UniqueTokens { get; init; }

    /// <summary>Rows of the token table.</summary>
    public int Vocab { get; init; } = 32_000;

    /// <summary>Tokens per sequence.</summary>
    public int Context { get; init; } = 2048;
}
