namespace Nonet.Training.Schedules;

/// <summary>
/// Stays at the peak, then falls in a line to <see cref="Floor"/> · Peak over the last <see cref="Decay"/> positions: Hu et al. 2024 (MiniCPM), section 4, with a line for its
/// exponential (Hägele et al. 2024, section 3). A floor of 0 is reached after the last update. A run can go on from before the fall to a later end.
/// </summary>
public sealed record WarmupStableDecaySchedule : Schedule
{
    /// <summary>The last update.</summary>
    public required long End { get; init; }

    /// <summary>Length of the fall.</summary>
    public required long Decay { get; init; }

    /// <summary>Lowest rate, as a fraction of the peak.</summary>
    public double Floor { get; init; }

    protected override double After(long position) => Line(position, End - Decay, End, Floor);
}
