namespace Nonet.Training.Schedules;

/// <summary>
/// Falls along half a cosine to <see cref="Floor"/> · Peak at <see cref="End"/>, and stays there: Loshchilov and Hutter 2017, as in Brown
/// et al. 2020, appendix B. A floor of 0 is reached after the last update.
/// </summary>
public sealed record CosineSchedule : Schedule
{
    /// <summary>Position of the last update.</summary>
    public required long End { get; init; }

    /// <summary>Lowest rate, as a share of the peak.</summary>
    public double Floor { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override double After(long position)
    {
        var at = InFall(position, Floor);
        return at <= Warmup ? Peak : at >= End ? Peak * Floor
            : Peak * (Floor + (1 - Floor) * 0.5 * (1 + Math.Cos(Math.PI * ((double)(at - Warmup) / (End - Warmup)))));
    }
}
