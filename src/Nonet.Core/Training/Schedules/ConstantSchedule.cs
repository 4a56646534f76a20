namespace Nonet.Training.Schedules;

/// <summary>Stays at the peak to the end.</summary>
public sealed record ConstantSchedule : Schedule
{
    /// <inheritdoc/>
    protected override double After(long position) => Peak;
}
