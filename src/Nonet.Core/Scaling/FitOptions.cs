namespace Nonet.Scaling;

/// <summary>Where an IsoFLOP curve is lowest.</summary>
public enum IsoFlopMinimum
{
    /// <summary>The vertex of a parabola in ln N: Hoffmann et al. 2022, section 3.2.</summary>
    Parabola,

    /// <summary>Of an Akima curve in ln N and ln L, the median over draws of the seeds' noise, weighted by its spread: Porian et al. 2024, section 3.</summary>
    Akima,
}

/// <summary>How a law is fitted.</summary>
public sealed record FitOptions
{
    /// <summary>Draws of the seeds' noise by <see cref="IsoFlopMinimum.Akima"/>, which its intervals come from: no more refits than that.</summary>
    public const int AkimaDraws = 1000;

    /// <summary>Refits on runs drawn with replacement; for <see cref="IsoFlopMinimum.Akima"/> on draws of the noise, <see cref="AkimaDraws"/> at most.</summary>
    public int Bootstrap { get; init; } = 1000;

    /// <summary>Of the draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads; null: all cores. Results do not depend on them.</summary>
    public int? Threads { get; init; }

    /// <summary>Rows kept out of the fit, to be predicted.</summary>
    public IReadOnlyList<int> HeldOut { get; init; } = [];

    /// <summary>Keeps the runs of the largest size out of the fit; of the most tokens for L(D), of the most FLOPs for L(C) and the frontier laws.</summary>
    public bool HoldOutLargest { get; init; }

    public IsoFlopMinimum Minimum { get; init; }

    /// <summary>Standard deviation of the loss over seeds in nats, for <see cref="IsoFlopMinimum.Akima"/>; 0.002 is Porian et al.'s of RefinedWeb, 0.01 of OpenWebText2.</summary>
    public double SeedNoise { get; init; } = 0.002;

    /// <summary>Accuracy of guessing, for the law of downstream accuracy; null: fitted.</summary>
    public double? Chance { get; init; }
}
