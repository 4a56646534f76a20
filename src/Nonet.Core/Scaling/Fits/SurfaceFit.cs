using System.Globalization;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Fits;

/// <summary>Laws of size and data together: Chinchilla's approach 3 and Kaplan's L(N, D).</summary>
static class SurfaceFit
{
    /// <summary>Number of best starts, besides the optimum, from which every bootstrap refit begins.</summary>
    const int KeptStarts = 20;

    /// <summary>The grid of Hoffmann et al. 2022, appendix D.2: 4,500 starts.</summary>
    static readonly double[] exponents = [0, 0.5, 1, 1.5, 2], floors = [-1, -0.5, 0, 0.5, 1], scales = [0, 5, 10, 15, 20, 25];

    public static LawFit Chinchilla(FitJob job)
    {
        Check(job, ScalingLaw.Chinchilla, 6);
        var (u, v) = (Mean(job, r => r.Parameters), Mean(job, r => r.Tokens));
        var starts = new List<double[]>();
        foreach (var alpha in exponents)
        {
            foreach (var beta in exponents)
                starts.AddRange(from e in floors from a in scales from b in scales select (double[])[a - alpha * u, b - beta * v, e, alpha, beta]);
        }
        var fit = Fit<ChinchillaLogLaw>(job, starts, p => [Math.Exp(p[0] + p[3] * u), Math.Exp(p[1] + p[4] * v), Math.Exp(p[2]), p[3], p[4]]);
        ChinchillaLaw Law(double[] p) => new(p[0], p[1], p[2], p[3], p[4]);
        var found = Finish(job, fit, ScalingLaw.Chinchilla, "L = E + A / N^alpha + B / D^beta", ["A", "B", "E", "alpha", "beta"], Law, [
            ("a", p => Law(p).SizeExponent), ("b", p => Law(p).TokenExponent), ("G", p => Law(p).G)]);
        return found with { Warnings = [.. Identifiability.Surface(job, found, fit.Jacobian, fit.Residuals)] };
    }

    public static LawFit Kaplan(FitJob job)
    {
        Check(job, ScalingLaw.Kaplan, 5);
        var (u, v) = (Mean(job, r => r.Parameters), Mean(job, r => r.Tokens));
        double[] alphas = [0.03, 0.08, 0.2, 0.4, 0.8], reach = [2, 6, 12, 20, 30];
        double[][] starts = [.. from n in alphas from d in alphas from nc in reach from dc in reach select (double[])[n * nc, d * dc, n, Math.Log(d)]];
        var fit = Fit<KaplanLogLaw>(job, starts, p => [Math.Exp(p[0] / p[2] + u), Math.Exp(p[1] / Math.Exp(p[3]) + v), p[2], Math.Exp(p[3])]);
        KaplanLaw Law(double[] p) => new(p[0], p[1], p[2], p[3]);
        var found = Finish(job, fit, ScalingLaw.Kaplan, "L = ((Nc / N)^(alpha_N / alpha_D) + Dc / D)^alpha_D", ["Nc", "Dc", "alpha_N", "alpha_D"], Law,
            [("a", p => Law(p).SizeExponent)]);
        return found with { Warnings = [.. Identifiability.Ranges(job)] };
    }

    sealed record Found(double[] Values, double Objective, string Method, double[][] Replicates, double[,] Jacobian, double[] Residuals);

    static Found Fit<TLaw>(FitJob job, IReadOnlyList<double[]> starts, Func<double[], double[]> values) where TLaw : struct, ILogLaw
    {
        var (u, v) = (Mean(job, r => r.Parameters), Mean(job, r => r.Tokens));
        var fit = new HuberFit<TLaw>([.. job.Runs.Select(r => Math.Log(r.Parameters) - u)], [.. job.Runs.Select(r => Math.Log(r.Tokens) - v)],
            [.. job.Runs.Select(r => Math.Log(r.Loss))]);
        var best = fit.Search(starts, KeptStarts, job.Options.Threads, job.Stopping);
        var strata = new int[job.Runs.Count];
        var replicates = Resampling.Run(job.Options.Bootstrap, job.Options.Threads,
            i => values(fit.Refit(Resampling.Weights(strata, job.Options.Seed, i), [best.Parameters, .. best.BestStarts])), job.Stopping);
        var method = string.Create(CultureInfo.InvariantCulture,
            $"Huber({HuberFit<TLaw>.Delta:g}) of ln L, L-BFGS from {starts.Count:N0} starts, {best.Reached:N0} of which end within 0.01 % of the best");
        return new Found(values(best.Parameters), best.Loss, method, replicates, fit.Jacobian(best.Parameters), fit.Residuals(best.Parameters));
    }

    static LawFit Finish(FitJob job, Found fit, string name, string formula, string[] names, Func<double[], ILossSurface> law,
        (string Name, Func<double[], double> Value)[] derived)
    {
        var surface = law(fit.Values);
        Prediction Predict(ScalingRun run) => new(run, run.Loss, surface.Loss(run.Parameters, run.Tokens));
        Prediction[] fitted = [.. job.Runs.Select(Predict)];
        return new LawFit
        {
            Law = name,
            Formula = formula,
            Numbers = FitJob.Numbers(names, fit.Values, fit.Replicates),
            Derived = [.. derived.Select(d => FitJob.Number(d.Name, d.Value(fit.Values), [.. fit.Replicates.Select(d.Value)]))],
            Objective = fit.Objective,
            RSquared = FitJob.RSquared([.. fitted.Select(p => Math.Log(p.Measured))], [.. fitted.Select(p => Math.Log(p.Predicted))]),
            Method = fit.Method,
            Fitted = fitted,
            HeldOut = [.. job.HeldOut.Select(Predict)],
            Replicates = fit.Replicates,
            MostFlops = job.Runs.Max(r => r.Flops),
        };
    }

    static void Check(FitJob job, string law, int least)
    {
        var (sizes, tokens) = (FitJob.Distinct(job.Runs, r => r.Parameters), FitJob.Distinct(job.Runs, r => r.Tokens));
        job.Need(law, job.Runs.Count >= least && sizes >= 3 && tokens >= 3, $"at least {least} runs of 3 sizes and 3 amounts of tokens");
        RunChecks.CheckRises(job.Path, job.Runs);
    }

    /// <summary>Mean logarithm.</summary>
    static double Mean(FitJob job, Func<ScalingRun, double> value) => job.Runs.Average(r => Math.Log(value(r)));
}
