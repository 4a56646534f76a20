using System.Globalization;

namespace Nonet.Training;

/// <summary>
/// Detects spikes of the loss. A loss is a spike if it is above mean + k · sd of the previous losses in the window, where sd is the root of
/// their mean squared distance from the mean. Until the window is full, no loss is a spike.
/// </summary>
/// <param name="window">Number of previous losses.</param>
/// <param name="deviations">k.</param>
public sealed class LossSpike(int window, double deviations)
{
    readonly Queue<double> losses = new(window);

    /// <summary>Losses in the window, oldest first. A resumed run needs them to detect the same spikes.</summary>
    public IReadOnlyList<double> Losses => [.. losses];

    /// <summary>Highest loss that is not a spike; null while the window is not full.</summary>
    public double? Limit
    {
        get
        {
            if (losses.Count < window)
                return null;
            double mean = 0, squares = 0;
            foreach (var loss in losses)
                mean += loss / window;
            foreach (var loss in losses)
                squares += (loss - mean) * (loss - mean) / window;
            return mean + deviations * Math.Sqrt(squares);
        }
    }

    /// <summary>Whether a loss is a spike.</summary>
    public bool Is(double loss) => loss > Limit;

    /// <summary>Describes the limit in words.</summary>
    public string Describe() =>
        string.Create(CultureInfo.InvariantCulture, $"a spike: above {Limit:0.0000}, the mean of the last {window} and {deviations} standard deviations");

    /// <summary>Adds a loss to the window.</summary>
    public void Add(double loss)
    {
        if (losses.Count == window)
            losses.Dequeue();
        losses.Enqueue(loss);
    }

    /// <summary>Restores the window from earlier <see cref="Losses"/>.</summary>
    public void Restore(IReadOnlyList<double> earlier)
    {
        losses.Clear();
        foreach (var loss in earlier)
            Add(loss);
    }
}
