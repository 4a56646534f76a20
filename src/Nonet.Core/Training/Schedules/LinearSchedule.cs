namespace Nonet.Training.Schedules;

/// <summary>
/// Falls linearly to <see cref="Floor"/> · Peak at <see cref="End"/>, and stays there: Devlin et al. 2018, appendix A.2, where the floor is
/// 0. A floor of 0 is reached after the last update.
/// </summary>
public sealed record LinearSchedule : Schedule
{
    /// <summary>Position of the last update.</summary>
    public required long End { get; init; }

    /// <summary>Lowest rate, as a share of the peak.</summary>
    public double Floor { get; init; }

    /// <inheritdoc/>
    protected override double After(long position) => Line(position, Warmup, End, Floor);
}
