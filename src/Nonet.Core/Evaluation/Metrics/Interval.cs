using Nonet.Numerics;
using Nonet.Tensors;

namespace Nonet.Evaluation.Metrics;

/// <summary>Where a figure may lie that was measured on some items.</summary>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>
    /// Wilson's interval of a share, also right near 0 and 1: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    /// </summary>
    /// <param name="hits">Items that count.</param>
    /// <param name="items">All.</param>
    /// <param name="z">Standard deviations to either side: 1.96 covers 95 %.</param>
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
    /// The percentile bootstrap: the figure of as many items drawn with return, many times; the middle share of the results. Efron and Tibshirani 1993,
    /// chapter 13.
    /// </summary>
    /// <param name="items">How many were measured.</param>
    /// <param name="figure">The figure of items by number; a number may come several times.</param>
    /// <param name="seed">Keys the draws.</param>
    /// <param name="samples">How many times.</param>
    /// <param name="level">The middle share, in (0, 1).</param>
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
