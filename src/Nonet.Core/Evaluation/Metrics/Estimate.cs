namespace Nonet.Evaluation.Metrics;

/// <summary>A mean over items, and how sure it is. Miller 2024, "Adding error bars to evals".</summary>
/// <param name="Value">The mean.</param>
/// <param name="StandardError">Of the mean, by the central limit theorem; clustered where items belong together.</param>
/// <param name="Interval">95 % by the percentile bootstrap, over clusters where items belong together.</param>
/// <param name="Items">How many.</param>
public readonly record struct Estimate(double Value, double StandardError, Interval Interval, int Items)
{
    /// <summary>The mean of values.</summary>
    /// <param name="values">One an item; at least one.</param>
    /// <param name="clusters">What each item belongs to; null: items are independent.</param>
    /// <param name="seed">Keys the bootstrap.</param>
    public static Estimate Of(IReadOnlyList<double> values, IReadOnlyList<string>? clusters = null, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Count, 1);
        var mean = values.Average();
        var groups = GroupsOf(values.Count, clusters);
        var interval = Interval.Bootstrap(groups.Length, drawn =>
        {
            var (sum, count) = (0.0, 0);
            foreach (var g in drawn)
            {
                foreach (var i in groups[g])
                    sum += values[i];
                count += groups[g].Length;
            }
            return sum / count;
        }, seed);
        return new Estimate(mean, StandardErrorOf(values, mean, groups), interval, values.Count);
    }

    /// <summary>A figure of all items together that is no mean, such as BLEU: its error is the deviation of the bootstrap's results.</summary>
    /// <param name="items">How many.</param>
    /// <param name="figure">The figure of items by number.</param>
    /// <param name="seed">Keys the bootstrap.</param>
    public static Estimate OfWhole(int items, Func<int[], double> figure, ulong seed = 1)
    {
        var results = new List<double>();
        var interval = Interval.Bootstrap(items, drawn =>
        {
            var value = figure(drawn);
            results.Add(value);
            return value;
        }, seed, samples: 200);
        var mean = results.Average();
        return new Estimate(figure([.. Enumerable.Range(0, items)]), Math.Sqrt(results.Sum(r => (r - mean) * (r - mean)) / (results.Count - 1)), interval,
            items);
    }

    /// <summary>Items by what they belong to, each alone if nothing is given.</summary>
    internal static int[][] GroupsOf(int items, IReadOnlyList<string>? clusters)
    {
        if (clusters is null)
            return [.. Enumerable.Range(0, items).Select(i => new[] { i })];
        Pairs.Check(clusters.Count, items);
        return [.. Enumerable.Range(0, items).GroupBy(i => clusters[i], StringComparer.Ordinal).Select(g => g.ToArray())];
    }

    /// <summary>
    /// √(Σ over clusters of (Σ of their residuals)²) / n, times √(G / (G − 1)) for G clusters: for items that stand alone the usual standard error. 0 where
    /// there is one cluster.
    /// </summary>
    internal static double StandardErrorOf(IReadOnlyList<double> values, double mean, int[][] groups)
    {
        if (groups.Length < 2)
            return 0;
        var squares = 0.0;
        foreach (var group in groups)
        {
            var residual = 0.0;
            foreach (var i in group)
                residual += values[i] - mean;
            squares += residual * residual;
        }
        return Math.Sqrt(squares * groups.Length / (groups.Length - 1)) / values.Count;
    }
}
