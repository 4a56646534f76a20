namespace Nonet.Alignment;

/// <summary>Pairs with similar predicted probabilities.</summary>
/// <param name="Predicted">Mean of the predicted probability that the answer with the higher reward is preferred.</param>
/// <param name="Observed">Share in which it was preferred.</param>
/// <param name="Pairs">Number of pairs.</param>
public readonly record struct CalibrationBin(double Predicted, double Observed, int Pairs);

/// <summary>
/// Calibration of a reward model: σ of the margin of two rewards against how often the answer with the higher reward was preferred. Bai et al. 2022,
/// section 3.3.
/// </summary>
/// <param name="Bins">Bins of pairs, by probability from 0.5 to 1; empty bins are left out.</param>
/// <param name="Error">Mean over the pairs of |predicted − observed| of their bin: the expected calibration error.</param>
public sealed record Calibration(IReadOnlyList<CalibrationBin> Bins, double Error)
{
    /// <summary>The calibration of margins r(better) − r(worse).</summary>
    public static Calibration Of(IReadOnlyList<double> margins, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        var sums = new (double Predicted, double Right, int Pairs)[bins];
        foreach (var margin in margins)
        {
            var probability = Logistic.Sigmoid(Math.Abs(margin));
            var bin = Math.Min(bins - 1, (int)((probability - 0.5) * 2 * bins));
            var (predicted, right, pairs) = sums[bin];
            sums[bin] = (predicted + probability, right + PreferenceAccuracy.Of(margin), pairs + 1);
        }
        CalibrationBin[] filled = [.. sums.Where(s => s.Pairs > 0).Select(s => new CalibrationBin(s.Predicted / s.Pairs, s.Right / s.Pairs, s.Pairs))];
        return new Calibration(filled, filled.Sum(b => Math.Abs(b.Predicted - b.Observed) * b.Pairs) / Math.Max(1, margins.Count));
    }
}
