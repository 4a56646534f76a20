using Nonet.Tensors;
using Nonet.Training.Schedules;

namespace Nonet.Training;

/// <summary>An update of the weights: checks the loss, computes the learning rate, clips the gradients and runs the optimiser.</summary>
/// <param name="parameters">Store with the gradients.</param>
/// <param name="optimizer">Optimiser. The caller disposes of it.</param>
/// <param name="schedule">Learning rate by step.</param>
public sealed class UpdateStep(ParameterStore parameters, Optimizer optimizer, Schedule schedule)
{
    /// <summary>Largest norm of the gradients; null: no clipping.</summary>
    public double? Clip { get; init; } = 1;

    /// <summary>Detects spikes of the loss; null: no detection.</summary>
    public LossSpike? Spike { get; init; }

    /// <summary>Transition to this schedule from an earlier one; null: none.</summary>
    public ScheduleJoin? Join { get; init; }

    /// <summary>Learning rate of a step, from 1.</summary>
    public double RateAt(int step) => Join?.At(schedule, step) ?? schedule.At(step);

    /// <summary>Updates the weights and clears the gradients. Returns the norm of the gradients before clipping.</summary>
    /// <param name="step">Number of the update, from 1.</param>
    /// <param name="loss">Mean loss of the update.</param>
    /// <exception cref="DivergedException">The loss or the norm is not finite, or the loss is a spike. The weights have not changed.</exception>
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
