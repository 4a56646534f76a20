using Nonet.Numerics;
using Nonet.Tensors;

namespace Nonet.Evaluation.Metrics;

/// <summary>A confidence interval.</summary>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>
    /// Wilson's interval of a share, which is valid near 0 and 1 too: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    /// </summary>
    /// <param name="hits">Number of hits.</param>
    /// <param name="items">Number of items; at least one.</param>
    /// <param name="z">Number of standard deviations to either side: 1.96 covers 95 %.</param>
    public static Interval Wilson(long hits, long items, double z = 1.959963984540054)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, items);
        double n = items, p = hits / n, square = z * z;
        var middle = (p + square / (2 * n)) / (1 + square / n);
        var half = z / (1 + square / n) * Math.Sqrt(p * (1 - p) / n + square / (4 * n * n));
        return new Interval(hits == 0 ? 0 : middle - half, hits == items ? 1 : middle + half);
    }

    /// <summary>
    /// The percentile bootstrap: computes the figure of as many items drawn with replacement, many times, and returns the range of the middle results. Efron
    /// and Tibshirani 1993, chapter 13.
    /// </summary>
    /// <param name="items">Number of measured items.</param>
    /// <param name="figure">Computes the figure from the indices of items; an index may occur several times.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="samples">Number of draws.</param>
    /// <param name="level">Share of the results inside the interval, in (0, 1).</param>
    public static Interval Bootstrap(int items, Func<int[], double> figure, ulong seed = 1, int samples = 1000, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 2);
        if (level is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), $"{level}; expected a share in (0, 1)");
        var results = new double[samples];
        var drawn = new int[items];
        for (var s = 0; s < samples; s++)
        {
            var key = new RandomKey(seed, (uint)s, 0).At("bootstrap");
            for (var i = 0; i < items; i++)
                drawn[i] = Philox.Below(key, (ulong)i, items);
            results[s] = figure(drawn);
        }
        Array.Sort(results);
        return new Interval(Search.Quantile(results, (1 - level) / 2), Search.Quantile(results, (1 + level) / 2));
    }
}
