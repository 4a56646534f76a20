using System.Globalization;

namespace Nonet.Training;

/// <summary>The loss or the gradients are no longer finite, or the loss is a spike: the update was not made.</summary>
/// <param name="step">The update that was not made, counted from 1.</param>
/// <param name="what">"the loss", "the gradient norm".</param>
/// <param name="value">What it is.</param>
/// <param name="detail">What is known beside: the first tensor that is not finite, or the limit that was passed.</param>
public sealed class DivergedException(long step, string what, double value, string? detail = null) : Exception(string.Create(CultureInfo.InvariantCulture,
    $"step {step}: {what} is {value}{(detail is null ? "" : $" ({detail})")}; lower the learning rate or lengthen the warm-up; checkpoints of earlier steps are intact"))
{
    public long Step { get; } = step;

    /// <summary>"the loss" or "the gradient norm".</summary>
    public string What { get; } = what;

    public double Value { get; } = value;
}
