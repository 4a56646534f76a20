namespace Nonet.Training.Schedules;

/// <summary>
/// How a run whose number of steps was changed goes over to its new schedule: from the rate at which it stood, in a line, until it has the new schedule's rate. So a run that had come down to its
/// floor is warmed up again (Ibrahim et al. 2024, section 4), and one in the middle of its fall does not jump.
/// </summary>
/// <param name="Step">Updates that had been made.</param>
/// <param name="Rate">The rate of the last of them.</param>
/// <param name="Over">Updates until the new schedule's rate: those of the warm-up, or as many as are left.</param>
public sealed record ScheduleJoin(int Step, double Rate, int Over)
{
    /// <summary>The rate at a step after <see cref="Step"/>.</summary>
    public double At(Schedule schedule, int step)
    {
        var rate = schedule.At(step);
        return step >= Step + Over ? rate : Rate + (rate - Rate) * (step - Step) / Over;
    }
}
