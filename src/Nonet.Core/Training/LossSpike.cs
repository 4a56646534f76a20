using System.Globalization;

namespace Nonet.Training;

/// <summary>
/// When a loss is a spike: when it is above mean + k · sd of the last losses before it, sd being sqrt(mean of squared distances from the mean). With fewer losses than the
/// window holds, none is.
/// </summary>
/// <param name="window">Losses looked back at.</param>
/// <param name="deviations">k.</param>
public sealed class LossSpike(int window, double deviations)
{
    readonly Queue<double> losses = new(window);

    /// <summary>The losses looked back at, oldest first: what a resumed run needs to judge alike.</summary>
    public IReadOnlyList<double> Losses => [.. losses];

    /// <summary>Highest loss that is no spike; null while the window is not full.</summary>
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

    public bool Is(double loss) => loss > Limit;

    /// <summary>The limit in words.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture, $"a spike: above {Limit:0.0000}, the mean of the last {window} and {deviations} standard deviations");

    /// <summary>Takes a loss into the window.</summary>
    public void Add(double loss)
    {
        if (losses.Count == window)
            losses.Dequeue();
        losses.Enqueue(loss);
    }

    /// <summary>Puts back <see cref="Losses"/> of an earlier moment.</summary>
    public void Restore(IReadOnlyList<double> earlier)
    {
        losses.Clear();
        foreach (var loss in earlier)
            Add(loss);
    }
}
