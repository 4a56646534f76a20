namespace Nonet.Training.Schedules;

/// <summary>
/// Connects the schedule of a run to a new one after its number of steps has changed. The rate moves linearly from its last value to the
/// rate of the new schedule. A run that had decayed to its floor is thereby warmed up again (Ibrahim et al. 2024, section 4), and a run in
/// the middle of its decay does not jump.
/// </summary>
/// <param name="Step">Number of updates before the change.</param>
/// <param name="Rate">Learning rate of the last of them.</param>
/// <param name="Over">
/// Updates until the new schedule's rate is reached: the length of the warm-up, or the remaining updates if they are fewer.
/// </param>
public sealed record ScheduleJoin(int Step, double Rate, int Over)
{
    /// <summary>Learning rate at a step after <see cref="Step"/>.</summary>
    public double At(Schedule schedule, int step)
    {
        var rate = schedule.At(step);
        return step >= Step + Over ? rate : Rate + (rate - Rate) * (step - Step) / Over;
    }
}
