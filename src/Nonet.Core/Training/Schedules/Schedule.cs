namespace Nonet.Training.Schedules;

/// <summary>
/// The learning rate over a run: it rises in a line from 0 to <see cref="Peak"/> over <see cref="Warmup"/>; what follows is the kind's. Positions are steps or
/// tokens, as long as all are the same. The first update is at position 1: at 0 the rate is 0.
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
}
