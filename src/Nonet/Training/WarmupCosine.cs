namespace Nonet.Training;

/// <summary>
/// Learning rate that rises in a line from 0 to <see cref="Peak"/> over <see cref="Warmup"/>, falls as half a cosine to
/// <see cref="Floor"/> · Peak at <see cref="End"/>, and stays there: Loshchilov and Hutter 2017, as in Brown et al. 2020, appendix B.
/// Positions are steps or tokens, as long as all are the same. The first update is at position 1: at 0 the rate is 0.
/// </summary>
public sealed record WarmupCosine
{
    public required double Peak { get; init; }

    /// <summary>Where the peak is reached; 0 for no warm-up.</summary>
    public required long Warmup { get; init; }

    /// <summary>Where the floor is reached.</summary>
    public required long End { get; init; }

    /// <summary>Lowest rate, as a fraction of the peak.</summary>
    public double Floor { get; init; } = 0.1;

    public double At(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (position < Warmup)
            return Peak * position / Warmup;
        if (position >= End)
            return Peak * Floor;
        var progress = (double)(position - Warmup) / (End - Warmup);
        return Peak * (Floor + (1 - Floor) * 0.5 * (1 + Math.Cos(Math.PI * progress)));
    }
}
