namespace Nonet.Training.Schedules;

/// <summary>
/// Falls as half a cosine to <see cref="Floor"/> · Peak at <see cref="End"/>, and stays there: Loshchilov and Hutter 2017, as in Brown et al. 2020, appendix B.
/// </summary>
public sealed record CosineSchedule : Schedule
{
    /// <summary>Where the floor is reached.</summary>
    public required long End { get; init; }

    /// <summary>Lowest rate, as a fraction of the peak.</summary>
    public double Floor { get; init; } = 0.1;

    protected override double After(long position)
    {
        if (position >= End)
            return Peak * Floor;
        var progress = (double)(position - Warmup) / (End - Warmup);
        return Peak * (Floor + (1 - Floor) * 0.5 * (1 + Math.Cos(Math.PI * progress)));
    }
}
