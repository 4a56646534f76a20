namespace Nonet.Training.Schedules;

/// <summary>
/// Stays at the peak, then falls linearly to <see cref="Floor"/> · Peak over the last <see cref="Decay"/> positions: Hu et al. 2024
/// (MiniCPM), section 4, with a linear decay in place of an exponential one (Hägele et al. 2024, section 3). A floor of 0 is reached after
/// the last update. A run can be continued from before the decay to a later end.
/// </summary>
public sealed record WarmupStableDecaySchedule : Schedule
{
    /// <summary>Position of the last update.</summary>
    public required long End { get; init; }

    /// <summary>Length of the decay, in positions.</summary>
    public required long Decay { get; init; }

    /// <summary>Lowest rate, as a share of the peak.</summary>
    public double Floor { get; init; }

    /// <inheritdoc/>
    protected override double After(long position) => Line(position, End - Decay, End, Floor);
}
