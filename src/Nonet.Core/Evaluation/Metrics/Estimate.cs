namespace Nonet.Evaluation.Metrics;

/// <summary>A mean over items with its uncertainty. Miller 2024, "Adding error bars to evals".</summary>
/// <param name="Value">The mean.</param>
/// <param name="StandardError">Standard error of the mean by the central limit theorem, clustered if the items have clusters.</param>
/// <param name="Interval">95 % confidence interval by the percentile bootstrap, which draws whole clusters if the items have clusters.</param>
/// <param name="Items">Number of items.</param>
public readonly record struct Estimate(double Value, double StandardError, Interval Interval, int Items)
{
    /// <summary>Estimates the mean of values.</summary>
    /// <param name="values">The value of each item; at least one.</param>
    /// <param name="clusters">Cluster of each item; null: items are independent.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
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

    /// <summary>Estimates a figure that is not a mean over items, such as BLEU. Its standard error is the deviation of the bootstrap's results.</summary>
    /// <param name="items">Number of items.</param>
    /// <param name="figure">Computes the figure from the indices of items.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
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

    /// <summary>Indices of the items of each cluster; each item is its own cluster if <paramref name="clusters"/> is null.</summary>
    internal static int[][] GroupsOf(int items, IReadOnlyList<string>? clusters)
    {
        if (clusters is null)
            return [.. Enumerable.Range(0, items).Select(i => new[] { i })];
        Pairs.Check(clusters.Count, items);
        return [.. Enumerable.Range(0, items).GroupBy(i => clusters[i], StringComparer.Ordinal).Select(g => g.ToArray())];
    }

    /// <summary>
    /// √(Σ over clusters of (Σ of their residuals)²) / n, times √(G / (G − 1)) for G clusters. For independent items this is the usual standard error. 0 if
    /// there is only one cluster.
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
