namespace Nonet.Training.Schedules;

/// <summary>
/// The learning rate over a run. It rises linearly to <see cref="Peak"/> over <see cref="Warmup"/>; each derived schedule says how it
/// continues. Positions count steps or tokens, as long as all use the same unit. The first update has position 1, so its rate during a
/// warm-up is Peak / Warmup. (transformers counts from 0: its first update has rate 0, and each rate of the warm-up comes one update
/// later.)
/// </summary>
public abstract record Schedule
{
    /// <summary>Highest learning rate.</summary>
    public required double Peak { get; init; }

    /// <summary>Position at which the peak is reached; 0 for no warm-up.</summary>
    public required long Warmup { get; init; }

    /// <summary>Learning rate of the update at a position, from 1.</summary>
    public double At(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        return position < Warmup ? Peak * position / Warmup : After(position);
    }

    /// <summary>Learning rate at a position of at least <see cref="Warmup"/>.</summary>
    protected abstract double After(long position);

    /// <summary>
    /// Position of an update in a decay that ends with the run. A decay to a floor above 0 reaches the floor at its end. A decay to 0
    /// reaches 0 one position later, because an update of rate 0 would be wasted. A run of one update therefore uses the peak, and the
    /// rates after the warm-up equal those of transformers.
    /// </summary>
    protected static long InFall(long position, double floor) => floor == 0 ? position - 1 : position;

    /// <summary>Learning rate of a linear decay.</summary>
    /// <param name="position">Position of the update.</param>
    /// <param name="start">Position at which the decay starts.</param>
    /// <param name="end">Position at which it ends.</param>
    /// <param name="floor">Lowest rate, as a share of the peak.</param>
    protected double Line(long position, long start, long end, double floor)
    {
        var at = InFall(position, floor);
        return at <= start ? Peak : at >= end ? Peak * floor : Peak * (1 - (1 - floor) * (at - start) / (end - start));
    }
}
