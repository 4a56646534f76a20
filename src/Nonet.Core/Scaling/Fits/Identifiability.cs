using System.Globalization;
using Nonet.Numerics;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Fits;

/// <summary>Warns of numbers that the runs do not determine, with the evidence.</summary>
static class Identifiability
{
    /// <summary>Sizes or tokens that span a smaller factor do not determine the exponent.</summary>
    const double LeastRange = 8;

    const double Together = 0.95, Locked = 0.995, Wide = 2, FewRuns = 20;

    /// <summary>Checks the ranges of N and D, and whether they vary independently.</summary>
    public static IEnumerable<string> Ranges(FitJob job)
    {
        var (n, d) = (Range(job.Runs, r => r.Parameters), Range(job.Runs, r => r.Tokens));
        if (n < LeastRange)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"sizes span a factor of {n:g3} only: the exponent of N is poorly determined; use a factor of at least {LeastRange:g}");
        if (d < LeastRange)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"tokens span a factor of {d:g3} only: the exponent of D is poorly determined; use a factor of at least {LeastRange:g}");
        var line = StraightLine.Fit([.. job.Runs.Select(r => Math.Log(r.Parameters))], [.. job.Runs.Select(r => Math.Log(r.Tokens))]);
        if (line.RSquared > Together * Together && line.Slope > 0)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"N and D rise together (correlation {Math.Sqrt(line.RSquared):0.000}): their terms cannot be told apart; add runs with more and with fewer "
                + $"tokens for a size");
        if (job.Runs.Count < FewRuns)
            yield return $"{job.Runs.Count} runs: intervals from so few are too narrow";
    }

    /// <summary>Does the checks of <see cref="Ranges"/>, and finds the numbers of E + A / N^α + B / D^β that the runs do not determine.</summary>
    public static IEnumerable<string> Surface(FitJob job, LawFit fit, double[,] jacobian, double[] residuals)
    {
        foreach (var warning in Ranges(job))
            yield return warning;
        var law = new ChinchillaLaw(fit["A"], fit["B"], fit["E"], fit["alpha"], fit["beta"]);
        var mean = job.Runs.Average(r => r.Loss);
        if (law.E < 0.02 * mean)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"E is {law.E:g3}, next to nothing: the runs show no irreducible loss, and the law carried on falls towards 0");
        var (ofN, ofD) = (job.Runs.Max(r => law.A * Math.Pow(r.Parameters, -law.Alpha)), job.Runs.Max(r => law.B * Math.Pow(r.Tokens, -law.Beta)));
        if (ofN < 0.01 * mean)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"A / N^alpha is {ofN:g3} nats at most: size does not matter in these runs, and A and alpha mean nothing");
        if (ofD < 0.01 * mean)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"B / D^beta is {ofD:g3} nats at most: the amount of data does not matter in these runs, and B and beta mean nothing");
        foreach (var number in fit.Numbers.Where(n => n.Name is "E" or "alpha" or "beta"))
        {
            if (number is { Low: { } low, High: { } high } && !(low > 0 && high < Wide * low))
                yield return string.Create(CultureInfo.InvariantCulture, $"{number.Name} is known only to lie between {low:g3} and {high:g3}");
        }
        foreach (var warning in Correlations(["A", "B", "E", "alpha", "beta"], jacobian, residuals))
            yield return warning;
    }

    /// <summary>Finds pairs of numbers of which only a combination is determined, from the covariance (JᵀJ)⁻¹ at the optimum.</summary>
    static IEnumerable<string> Correlations(string[] names, double[,] jacobian, double[] residuals)
    {
        var (rows, columns) = (jacobian.GetLength(0), jacobian.GetLength(1));
        var normal = new double[columns, columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                for (var k = 0; k < columns; k++)
                    normal[j, k] += jacobian[i, j] * jacobian[i, k];
            }
        }
        if (SymmetricMatrix.Inverse(normal) is not { } covariance)
        {
            yield return "the runs do not determine all numbers of the law: some change together without changing any prediction";
            yield break;
        }
        var sizes = residuals.Select(Math.Abs).Order().ToArray();
        var scatter = 1.4826 * sizes[sizes.Length / 2];
        for (var j = 0; j < columns; j++)
        {
            for (var k = j + 1; k < columns; k++)
            {
                // A and B stand for the heights of their terms in the middle of the runs, which do not depend on the exponents.
                var correlation = covariance[j, k] / Math.Sqrt(covariance[j, j] * covariance[k, k]);
                if (Math.Abs(correlation) > Locked && scatter > 0)
                    yield return string.Create(CultureInfo.InvariantCulture,
                        $"{names[j]} and {names[k]} are correlated ({correlation:0.000}): the other compensates a change of one, and neither means much alone");
            }
        }
    }

    static double Range(IReadOnlyList<ScalingRun> runs, Func<ScalingRun, double> value) => runs.Max(value) / runs.Min(value);
}
