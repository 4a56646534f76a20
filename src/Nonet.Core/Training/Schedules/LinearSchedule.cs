namespace Nonet.Training.Schedules;

/// <summary>Falls in a line to <see cref="Floor"/> · Peak at <see cref="End"/>, and stays there: Devlin et al. 2018, appendix A.2, with a floor of 0.</summary>
public sealed record LinearSchedule : Schedule
{
    /// <summary>Where the floor is reached.</summary>
    public required long End { get; init; }

    /// <summary>Lowest rate, as a fraction of the peak.</summary>
    public double Floor { get; init; }

    protected override double After(long position) =>
        position >= End ? Peak * Floor : Peak * (1 - (1 - Floor) * (position - Warmup) / (End - Warmup));
}
