namespace Nonet.Evaluation.Metrics;

/// <summary>Comparison of two models on the same items.</summary>
/// <param name="Difference">Mean of B − A.</param>
/// <param name="StandardError">Standard error of the mean difference, clustered if the items have clusters.</param>
/// <param name="Interval">95 % confidence interval of the difference by the bootstrap.</param>
/// <param name="PValue">
/// Two-sided p-value: by McNemar's exact test if all values are 0 or 1 and items are independent, otherwise by the normal distribution of difference /
/// standard error.
/// </param>
/// <param name="Items">Number of items.</param>
/// <param name="OnlyA">Number of items on which A is better.</param>
/// <param name="OnlyB">Number of items on which B is better.</param>
public readonly record struct PairedTest(double Difference, double StandardError, Interval Interval, double PValue, int Items, int OnlyA, int OnlyB)
{
    /// <summary>Compares the values of two models on the same items.</summary>
    /// <param name="a">Values of the first model, one per item.</param>
    /// <param name="b">Values of the second model, in the same order.</param>
    /// <param name="clusters">Cluster of each item; null: items are independent.</param>
    public static PairedTest Of(IReadOnlyList<double> a, IReadOnlyList<double> b, IReadOnlyList<string>? clusters = null)
    {
        Pairs.Check(a.Count, b.Count);
        var differences = a.Select((x, i) => b[i] - x).ToArray();
        var estimate = Estimate.Of(differences, clusters);
        var (onlyA, onlyB) = (differences.Count(d => d < 0), differences.Count(d => d > 0));
        var isBinary = clusters is null && a.Concat(b).All(x => x is 0 or 1);
        var p = isBinary ? McNemar(onlyA, onlyB) : estimate.StandardError > 0 ? 2 * NormalTail(Math.Abs(estimate.Value) / estimate.StandardError)
            : estimate.Value == 0 ? 1 : 0;
        return new PairedTest(estimate.Value, estimate.StandardError, estimate.Interval, p, a.Count, onlyA, onlyB);
    }

    /// <summary>Exact two-sided p-value of the numbers of discordant pairs, which under the null hypothesis are fair coin flips. McNemar 1947.</summary>
    public static double McNemar(int onlyA, int onlyB)
    {
        var (n, least) = (onlyA + onlyB, Math.Min(onlyA, onlyB));
        if (n == 0)
            return 1;
        var (term, sum) = (-n * Math.Log(2), 0.0); // ln C(n, k) / 2^n
        for (var k = 0; k <= least; k++)
        {
            sum += Math.Exp(term);
            term += Math.Log(n - k) - Math.Log(k + 1);
        }
        return Math.Min(1, 2 * sum);
    }

    /// <summary>P(Z &gt; z) of the standard normal distribution, z ≥ 0: Abramowitz and Stegun 1964, 7.1.26, error below 1e-7.</summary>
    internal static double NormalTail(double z)
    {
        var t = 1 / (1 + 0.3275911 * z / Math.Sqrt(2));
        var poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
        return 0.5 * poly * Math.Exp(-z * z / 2);
    }
}
