namespace Nonet.Training;

/// <summary>The loss or the gradients are no longer finite: going on would only write NaN into the weights.</summary>
public sealed class DivergedException : Exception
{
    public DivergedException(string what, double value) : this(what, value, null)
    {
    }

    DivergedException(string what, double value, int? step)
        : base($"{(step is { } n ? $"step {n}: " : "")}{what} is {value.ToString(System.Globalization.CultureInfo.InvariantCulture)}; lower the learning rate, or lengthen the warm-up, and resume from the last checkpoint")
        => (What, Value, Step) = (what, value, step);

    public string What { get; }
    public double Value { get; }
    public int? Step { get; }

    /// <summary>The same, naming the step at which it happened.</summary>
    public DivergedException At(int step) => new(What, Value, step);
}
