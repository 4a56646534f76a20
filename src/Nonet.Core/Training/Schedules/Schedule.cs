namespace Nonet.Training.Schedules;

/// <summary>
/// The learning rate over a run: it rises in a line to <see cref="Peak"/> over <see cref="Warmup"/>; each kind says what follows. Positions are steps or tokens, as long as all are the same. The
/// first update is at position 1, so that with a warm-up its rate is Peak / Warmup. (transformers counts from 0: its first update has rate 0, and each rate of its warm-up comes one update later.)
/// </summary>
public abstract record Schedule
{
    public required double Peak { get; init; }

    /// <summary>Where the peak is reached; 0 for no warm-up.</summary>
    public required long Warmup { get; init; }

    public double At(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        return position < Warmup ? Peak * position / Warmup : After(position);
    }

    /// <summary>The rate at a position of at least <see cref="Warmup"/>.</summary>
    protected abstract double After(long position);

    /// <summary>
    /// Where an update stands in a fall that ends with the run. A fall to a floor above 0 reaches the floor at its end. A fall to 0 reaches 0 one position later, because an update of rate 0
    /// would be wasted: a run of one update makes it at the peak, and the rates after the warm-up are those of transformers.
    /// </summary>
    protected static long InFall(long position, double floor) => floor == 0 ? position - 1 : position;

    /// <summary>The rate of a fall in a line.</summary>
    /// <param name="position">Of the update.</param>
    /// <param name="start">Where the fall starts.</param>
    /// <param name="end">Its end.</param>
    /// <param name="floor">Lowest rate, as a fraction of the peak.</param>
    protected double Line(long position, long start, long end, double floor)
    {
        var at = InFall(position, floor);
        return at <= start ? Peak : at >= end ? Peak * floor : Peak * (1 - (1 - floor) * (at - start) / (end - start));
    }
}
