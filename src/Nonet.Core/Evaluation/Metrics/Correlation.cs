namespace Nonet.Evaluation.Metrics;

/// <summary>Metrics of predicted numbers: correlations and the mean squared error.</summary>
public static class Correlation
{
    /// <summary>Pearson's r. Null where it is undefined: if either side is constant, or if there is only one item.</summary>
    public static double? Pearson(ReadOnlySpan<double> predicted, ReadOnlySpan<double> gold)
    {
        Pairs.Check(predicted.Length, gold.Length);
        var (meanP, meanG) = (Mean(predicted), Mean(gold));
        double both = 0, squaresP = 0, squaresG = 0;
        for (var i = 0; i < gold.Length; i++)
        {
            var (p, g) = (predicted[i] - meanP, gold[i] - meanG);
            both += p * g;
            squaresP += p * p;
            squaresG += g * g;
        }
        if (IsConstant(predicted) || IsConstant(gold))
            return null;
        return Math.Clamp(both / (Math.Sqrt(squaresP) * Math.Sqrt(squaresG)), -1, 1);
    }

    /// <summary>Spearman's ρ: Pearson's r of the ranks, where equal numbers have the mean of their ranks. Null where Pearson's r is undefined.</summary>
    public static double? Spearman(ReadOnlySpan<double> predicted, ReadOnlySpan<double> gold)
    {
        Pairs.Check(predicted.Length, gold.Length);
        return Pearson(Ranks(predicted), Ranks(gold));
    }

    /// <summary>Mean of the squared differences between predictions and true values.</summary>
    public static double MeanSquaredError(ReadOnlySpan<double> predicted, ReadOnlySpan<double> gold)
    {
        Pairs.Check(predicted.Length, gold.Length);
        var sum = 0.0;
        for (var i = 0; i < gold.Length; i++)
            sum += (predicted[i] - gold[i]) * (predicted[i] - gold[i]);
        return sum / gold.Length;
    }

    /// <summary>Ranks from 1; equal numbers have the mean of their ranks.</summary>
    public static double[] Ranks(ReadOnlySpan<double> values)
    {
        var sorted = values.ToArray();
        var order = Enumerable.Range(0, sorted.Length).ToArray();
        Array.Sort(sorted, order);
        var ranks = new double[sorted.Length];
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            for (end = start + 1; end < sorted.Length && sorted[end].Equals(sorted[start]); end++)
            {
            }
            for (var i = start; i < end; i++)
                ranks[order[i]] = (start + 1 + end) / 2.0;
        }
        return ranks;
    }

    static bool IsConstant(ReadOnlySpan<double> values) => values[1..].IndexOfAnyExcept(values[0]) < 0;

    static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var x in values)
            sum += x;
        return sum / values.Length;
    }
}
