using System.Globalization;
using Nonet.Numerics;
using Nonet.Scaling.Laws;

namespace Nonet.Scaling.Fits;

/// <summary>
/// Power laws through points of the frontier: lines of ln N and ln D over ln C, and the loss over C, with a floor if there are enough
/// points.
/// </summary>
static class FrontierLines
{
    /// <summary>Numbers of such a fit, in order.</summary>
    public static readonly string[] Names = ["a", "N0", "b", "D0", "E", "loss_scale", "loss_exponent"];

    /// <summary>Number of points from which on the loss has a floor.</summary>
    const int PointsForFloor = 5;

    /// <summary>Starts of the law of the loss: exponents, and distances of ln E below the lowest loss.</summary>
    static readonly double[] exponents = [0.05, 0.15, 0.4], depths = [0.1, 0.4, 1.5];

    public static double[] Fit(IReadOnlyList<FrontierPoint> points, double[]? weights = null)
    {
        double[] c = [.. points.Select(p => Math.Log(p.Flops))];
        var mean = c.Average();
        double[] u = [.. c.Select(x => x - mean)], losses = [.. points.Select(p => Math.Log(p.Loss))];
        var size = StraightLine.Fit(u, [.. points.Select(p => Math.Log(p.Parameters))], weights);
        var tokens = StraightLine.Fit(u, [.. points.Select(p => Math.Log(p.Tokens))], weights);
        var loss = StraightLine.Fit(u, losses, weights);
        double[] falling = [0, Math.Exp(mean - loss.Intercept / loss.Slope), -loss.Slope];
        if (u.Distinct().Count() >= PointsForFloor && loss.Slope < 0)
        {
            var fit = new HuberFit<FlooredLogLaw>(u, new double[u.Length], losses);
            var lowest = losses.Min();
            var best = fit.Refit(weights ?? Ones(u.Length), from alpha in exponents from below in depths select (double[])[lowest, lowest - below, alpha]);
            if (best[2] > 0)
                falling = [Math.Exp(best[1]), Math.Exp(mean + best[0] / best[2]), best[2]];
        }
        return [size.Slope, Math.Exp(size.Intercept - size.Slope * mean), tokens.Slope, Math.Exp(tokens.Intercept - tokens.Slope * mean), .. falling];
    }

    public static FrontierLaw Law(IReadOnlyList<double> p) => new(p[1], p[0], p[3], p[2], new PowerLaw(p[5], p[6], p[4]));

    /// <summary>The fit, with everything that both approaches report.</summary>
    public static LawFit Result(FitJob job, string law, string method, IReadOnlyList<FrontierPoint> all, double[]? weights, double[][] replicates,
        IEnumerable<string> warnings)
    {
        FrontierPoint[] kept = [.. all.Where(p => p.Discarded is null)];
        var values = Fit(kept, weights);
        var frontier = Law(values);
        var numbers = FitJob.Numbers(Names, values, replicates);
        return new LawFit
        {
            Law = law,
            Formula = "N = N0 C^a, D = D0 C^b, L = E + (loss_scale / C)^loss_exponent",
            Numbers = numbers,
            Objective = kept.Sum(p => Math.Pow(Math.Log(frontier.Optimum(p.Flops).Parameters / p.Parameters), 2)),
            RSquared = FitJob.RSquared([.. kept.Select(p => Math.Log(p.Parameters))], [.. kept.Select(p => Math.Log(frontier.Optimum(p.Flops).Parameters))]),
            Method = method,
            HeldOut = [.. job.HeldOut.Select(r => new Prediction(r, r.Loss, frontier.Optimum(r.Flops).Loss))],
            Points = all,
            Replicates = replicates,
            Warnings = [.. warnings, .. FloorWarning(numbers[4])],
            Notes = job.HeldOut.Count > 0 ? ["held-out runs are compared with the loss of the best run of their FLOPs, which they may not be"] : [],
            MostFlops = job.Runs.Max(r => r.Flops),
        };
    }

    static IEnumerable<string> FloorWarning(FittedNumber floor) => floor is { Low: { } low, High: { } high } && high > 1.5 * low
        ? [string.Create(CultureInfo.InvariantCulture, $"E is known only to lie between {low:g3} and {high:g3}: losses far beyond the runs are uncertain")]
        : [];

    static double[] Ones(int count)
    {
        var ones = new double[count];
        Array.Fill(ones, 1);
        return ones;
    }
}
