using System.Globalization;

namespace Nonet.Training;

/// <summary>The loss or the gradients are no longer finite: going on would only write NaN into the weights.</summary>
/// <param name="step">The update that was not made, counted from 1.</param>
/// <param name="what">"the loss", "the gradient norm".</param>
/// <param name="value">What it is.</param>
public sealed class DivergedException(long step, string what, double value) : Exception(string.Create(CultureInfo.InvariantCulture,
    $"step {step}: {what} is {value}; lower the learning rate or lengthen the warm-up; checkpoints of earlier steps are intact"))
{
    public long Step { get; } = step;
}
