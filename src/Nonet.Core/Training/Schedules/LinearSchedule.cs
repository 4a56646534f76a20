namespace Nonet.Training.Schedules;

/// <summary>Falls in a line to <see cref="Floor"/> · Peak at <see cref="End"/>, and stays there: Devlin et al. 2018, appendix A.2, with a floor of 0, which is reached after the last update.</summary>
public sealed record LinearSchedule : Schedule
{
    /// <summary>The last update.</summary>
    public required long End { get; init; }

    /// <summary>Lowest rate, as a fraction of the peak.</summary>
    public double Floor { get; init; }

    protected override double After(long position) => Line(position, Warmup, End, Floor);
}
