using Nonet.Tensors;
using Nonet.Training.Schedules;

namespace Nonet.Training;

/// <summary>An update of the weights: checks the loss, looks up the learning rate, clips the gradients, and lets the optimiser step.</summary>
/// <param name="parameters">Hold the gradients.</param>
/// <param name="optimizer">Makes the update; stays the caller's.</param>
/// <param name="schedule">The learning rate by step.</param>
public sealed class UpdateStep(ParameterStore parameters, Optimizer optimizer, Schedule schedule)
{
    /// <summary>Largest norm of the gradients; null: not clipped.</summary>
    public double? Clip { get; init; } = 1;

    /// <summary>Finds losses that jump; null: none are looked for.</summary>
    public LossSpike? Spike { get; init; }

    /// <summary>Where the run joined the schedule; null: at its beginning.</summary>
    public ScheduleJoin? Join { get; init; }

    /// <summary>The learning rate of a step, counted from 1.</summary>
    public double RateAt(int step) => Join?.At(schedule, step) ?? schedule.At(step);

    /// <summary>Updates the weights and forgets the gradients. Returns the norm of the gradients before clipping.</summary>
    /// <param name="step">Which update, counted from 1.</param>
    /// <param name="loss">Mean of the update.</param>
    /// <exception cref="DivergedException">The loss or the norm is not finite, or the loss is a spike. The weights are as they were.</exception>
    public double Apply(int step, double loss)
    {
        if (!double.IsFinite(loss))
            throw new DivergedException(step, "the loss", loss, NonFinite.Find(parameters)?.ToString());
        if (Spike?.Is(loss) == true)
            throw new DivergedException(step, "the loss", loss, Spike.Describe());
        var norm = optimizer.Step(RateAt(step), Clip);
        Spike?.Add(loss);
        return norm;
    }
}
