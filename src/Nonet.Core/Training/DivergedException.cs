using System.Globalization;

namespace Nonet.Training;

/// <summary>Training diverged: the loss or the gradients are not finite, or the loss is a spike. The update was not made.</summary>
/// <param name="step">Number of the update, from 1.</param>
/// <param name="what">"the loss" or "the gradient norm".</param>
/// <param name="value">Its value.</param>
/// <param name="detail">More about the cause: the first tensor that is not finite, or the limit that was exceeded.</param>
public sealed class DivergedException(long step, string what, double value, string? detail = null) : Exception(string.Create(CultureInfo.InvariantCulture,
    $"step {step}: {what} is {value}{(detail is null ? "" : $" ({detail})")}; lower the learning rate or lengthen the warm-up; checkpoints of earlier steps "
        + $"are intact"))
{
    /// <summary>Number of the update that was not made, from 1.</summary>
    public long Step { get; } = step;

    /// <summary>"the loss" or "the gradient norm".</summary>
    public string What { get; } = what;

    /// <summary>The loss or the norm of the gradients.</summary>
    public double Value { get; } = value;
}
