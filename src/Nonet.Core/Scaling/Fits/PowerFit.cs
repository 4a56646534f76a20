using System.Globalization;
using Nonet.Numerics;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Fits;

/// <summary>
/// Laws of one quantity: a straight line in logarithms as in Kaplan et al. 2020, and the same with a floor. Over few decades both fit
/// equally well but extrapolate differently.
/// </summary>
static class PowerFit
{
    const int LeastRuns = 3;

    /// <summary>L(N) of models trained on enough data: for each size the run with the lowest loss.</summary>
    public static LawFit OfSize(FitJob job)
    {
        var best = Lowest(job.Runs, r => r.Parameters);
        RunChecks.CheckRisesOfBest(job.Path, best);
        return Fit(job, ScalingLaw.OfSize, "N", "Nc", "alpha_N", r => r.Parameters, best, "of each size the run with the lowest loss");
    }

    /// <summary>L(D) of models that are large enough: for each amount of data the run with the lowest loss.</summary>
    public static LawFit OfTokens(FitJob job) =>
        Fit(job, ScalingLaw.OfTokens, "D", "Dc", "alpha_D", r =>
        r.Tokens, Lowest(job.Runs, r => r.Tokens), "of each amount of tokens the run with the lowest loss");

    /// <summary>L(C): the runs that no run with fewer FLOPs beats.</summary>
    public static LawFit OfFlops(FitJob job)
    {
        var frontier = new List<ScalingRun>();
        foreach (var best in Lowest(job.Runs, r => r.Flops))
        {
            if (frontier.Count == 0 || best.Loss < frontier[^1].Loss)
                frontier.Add(best);
        }
        return Fit(job, ScalingLaw.OfFlops, "C", "Cc", "alpha_C", r => r.Flops, frontier, "the runs that no run of fewer FLOPs beats");
    }

    static List<ScalingRun> Lowest(IReadOnlyList<ScalingRun> runs, Func<ScalingRun, double> value) =>
        [.. RunChecks.Groups(runs, value, 0.01).Select(g => g.MinBy(r => r.Loss)!)];

    static LawFit Fit(FitJob job, string name, string variable, string scale, string exponent, Func<ScalingRun, double> value, List<ScalingRun> runs,
        string chosen)
    {
        job.Need(name, runs.Count >= LeastRuns, $"at least {LeastRuns} runs that differ in {variable} ({chosen})", runs);
        double[] x = [.. runs.Select(r => Math.Log(value(r)))], y = [.. runs.Select(r => Math.Log(r.Loss))];
        var mean = x.Average();
        double[] u = [.. x.Select(v => v - mean)];
        var line = StraightLine.Fit(u, y);
        if (line.Slope >= 0)
            throw new BadRunsException(job.Path,
                [string.Create(CultureInfo.InvariantCulture,
                $"the loss rises with {variable} (exponent {-line.Slope:g3}) over {BadRunsException.Rows(runs)}: no power law falls so")]);
        double[] Straight(double[]? weights) => StraightLine.Fit(u, y, weights) is var l ? [Math.Exp(mean - l.Intercept / l.Slope), -l.Slope] : [];
        var result = Result(job, name, $"L = ({scale} / {variable})^{exponent}", [scale, exponent], Straight(null), value, runs, "least squares of ln L",
            Straight) with
        {
            Notes = [$"fitted to {chosen}: {BadRunsException.Rows(runs)}"],
            Warnings = [.. Warnings(variable, value, runs)],
        };
        return runs.Count > LeastRuns ? result with { WithFloor = Floored(job, name, variable, exponent, value, runs, u, y, mean) } : result;
    }

    static IEnumerable<string> Warnings(string variable, Func<ScalingRun, double> value, List<ScalingRun> runs)
    {
        var range = runs.Max(value) / runs.Min(value);
        if (range < 100)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{variable} spans a factor of {range:g3}: over this small range a law with a floor fits equally well, but it predicts another loss; see both");
        if (runs.Count < 6)
            yield return $"{runs.Count} points: intervals from so few are too narrow";
    }

    static LawFit Floored(FitJob job, string name, string variable, string exponent, Func<ScalingRun, double> value, List<ScalingRun> runs, double[] u,
        double[] y, double mean)
    {
        var fit = new HuberFit<FlooredLogLaw>(u, new double[u.Length], y);
        var lowest = y.Min();
        double[][] starts = [
            .. from alpha in new[] { 0.05, 0.1, 0.3, 0.6, 1, 1.5 } from below in new[] { 0.05, 0.2, 0.5, 1, 3 } from height in new[] { -2.0, -1, 0, 1 } select (
            double[])[lowest + height, lowest - below, alpha]];
        var best = fit.Search(starts, 5, job.Options.Threads, job.Stopping);
        double[] Values(double[] p) => [Math.Exp(mean + p[0] / p[2]), p[2], Math.Exp(p[1])];
        return Result(job, name, $"L = E + (scale / {variable})^{exponent}", ["scale", exponent, "E"], Values(best.Parameters), value, runs,
            string.Create(CultureInfo.InvariantCulture, $"Huber({HuberFit<FlooredLogLaw>.Delta:g}) of ln L, L-BFGS from {starts.Length} starts"), weights =>
                Values(fit.Refit(weights, [best.Parameters, .. best.BestStarts])));
    }

    static LawFit Result(FitJob job, string name, string formula, string[] names, double[] values, Func<ScalingRun, double> value, List<ScalingRun> runs,
        string method, Func<double[], double[]> refit)
    {
        var strata = new int[runs.Count];
        var replicates = Resampling.Run(job.Options.Bootstrap, job.Options.Threads, i =>
            Resampling.Weights(strata, job.Options.Seed, i) is var w && w.Count(x => x > 0) >= names.Length ? refit(w) : null, job.Stopping);
        var law = new PowerLaw(values[0], values[1], values.Length > 2 ? values[2] : 0);
        Prediction Predict(ScalingRun run) => new(run, run.Loss, law.At(value(run)));
        Prediction[] fitted = [.. runs.Select(Predict)];
        return new LawFit
        {
            Law = name,
            Formula = formula,
            Numbers = FitJob.Numbers(names, values, replicates),
            Objective = fitted.Sum(p => Huber(Math.Log(p.Predicted / p.Measured))),
            RSquared = FitJob.RSquared([.. fitted.Select(p => Math.Log(p.Measured))], [.. fitted.Select(p => Math.Log(p.Predicted))]),
            Method = method,
            Fitted = fitted,
            HeldOut = [.. job.HeldOut.Select(Predict)],
            Replicates = replicates,
            MostFlops = runs.Max(r => r.Flops),
        };
    }

    static double Huber(double residual)
    {
        const double delta = HuberFit<FlooredLogLaw>.Delta;
        return Math.Abs(residual) <= delta ? residual * residual / 2 : delta * (Math.Abs(residual) - delta / 2);
    }
}
