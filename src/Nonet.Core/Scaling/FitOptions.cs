namespace Nonet.Scaling;

/// <summary>Method of finding the minimum of an IsoFLOP curve.</summary>
public enum IsoFlopMinimum
{
    /// <summary>The vertex of a parabola in ln N: Hoffmann et al. 2022, section 3.2.</summary>
    Parabola,

    /// <summary>
    /// The minimum of an Akima curve in ln N and ln L: the median over draws of the seeds' noise, weighted by its spread. Porian et al.
    /// 2024, section 3.
    /// </summary>
    Akima,
}

/// <summary>Settings of a fit.</summary>
public sealed record FitOptions
{
    /// <summary>
    /// Draws of the seeds' noise in <see cref="IsoFlopMinimum.Akima"/>. Its intervals come from them, so this is the largest number of
    /// refits.
    /// </summary>
    public const int AkimaDraws = 1000;

    /// <summary>
    /// Number of refits on runs drawn with replacement. For <see cref="IsoFlopMinimum.Akima"/>, refits on draws of the noise, at most
    /// <see cref="AkimaDraws"/>.
    /// </summary>
    public int Bootstrap { get; init; } = 1000;

    /// <summary>Seed of the draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of threads; null: all cores. The results do not depend on it.</summary>
    public int? Threads { get; init; }

    /// <summary>Rows that are left out of the fit in order to predict them.</summary>
    public IReadOnlyList<int> HeldOut { get; init; } = [];

    /// <summary>
    /// Whether to leave out the runs of the largest size; for L(D) those with the most tokens, for L(C) and the frontier laws those with
    /// the most FLOPs.
    /// </summary>
    public bool HoldOutLargest { get; init; }

    /// <summary>Method of finding the minimum of an IsoFLOP curve.</summary>
    public IsoFlopMinimum Minimum { get; init; }

    /// <summary>
    /// Standard deviation of the loss over seeds in nats, for <see cref="IsoFlopMinimum.Akima"/>. Porian et al. use 0.002 for RefinedWeb
    /// and 0.01 for OpenWebText2.
    /// </summary>
    public double SeedNoise { get; init; } = 0.002;

    /// <summary>Accuracy of guessing, for the law of downstream accuracy; null: it is fitted.</summary>
    public double? Chance { get; init; }
}
