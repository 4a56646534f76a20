namespace Nonet.Training.Schedules;

/// <summary>The peak to the end.</summary>
public sealed record ConstantSchedule : Schedule
{
    protected override double After(long position) => Peak;
}
