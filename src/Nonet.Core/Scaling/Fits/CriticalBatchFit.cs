using System.Globalization;
using Nonet.Numerics;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Fits;

/// <summary>
/// Fits B_crit = Scale / L^(1 / Exponent) to the gradient noise scale measured in training (McCandlish et al. 2018). If the table lacks it but has runs of
/// several batch sizes that reach the same loss, B_crit follows from their numbers of updates S = Smin (1 + B_crit / B), a straight line in 1 / B.
/// </summary>
static class CriticalBatchFit
{
    const int LeastPoints = 3;
    const double SameLoss = 0.005;

    public static LawFit Fit(FitJob job)
    {
        Check(job);
        var measured = job.Runs.Where(r => r.NoiseScale is not null).Select(r => (Run: r, Batch: r.NoiseScale!.Value)).ToArray();
        var how = "the noise scale of gradients";
        if (measured.Length == 0)
            (measured, how) = ([.. BySteps(job.Runs)], "updates against batch at equal losses");
        if (measured.Length < LeastPoints)
        {
            throw new BadRunsException(job.Path,
                [$"too few runs for {ScalingLaw.CriticalBatch}; expected {LeastPoints} losses with a noise_scale each (or norm2_small, norm2_big, "
                + $"batch_small, batch_big), "
                + $"or with runs of 3 batches each that reach the loss (columns batch and steps); there are {measured.Length}"]);
        }
        double[] x = [.. measured.Select(m => Math.Log(m.Run.Loss))], y = [.. measured.Select(m => Math.Log(m.Batch))];
        double[] Values(double[]? weights) => StraightLine.Fit(x, y, weights) is var l ? [Math.Exp(l.Intercept), -1 / l.Slope] : [];
        var line = StraightLine.Fit(x, y);
        if (!(line.Slope < 0))
            throw new BadRunsException(job.Path,
                [$"the critical batch does not grow as the loss falls over {BadRunsException.Rows(measured.Select(m => m.Run))}: no power law of that kind"]);
        var strata = new int[measured.Length];
        var replicates = Resampling.Run(job.Options.Bootstrap, job.Options.Threads, i =>
            Resampling.Weights(strata, job.Options.Seed, i) is var w && w.Count(v => v > 0) >= 2 ? Values(w) : null, job.Stopping);
        var values = Values(null);
        var law = new CriticalBatchLaw(values[0], values[1]);
        Prediction[] fitted = [.. measured.Select(m => new Prediction(m.Run, m.Batch, law.At(m.Run.Loss)))];
        return new LawFit
        {
            Law = ScalingLaw.CriticalBatch,
            Formula = "B_crit = B_star / L^(1 / alpha_B), tokens",
            Numbers = FitJob.Numbers(["B_star", "alpha_B"], values, replicates),
            Objective = fitted.Sum(p => Math.Pow(Math.Log(p.Predicted / p.Measured), 2)),
            RSquared = line.RSquared,
            Method = $"least squares of ln B over ln L; B from {how}",
            Fitted = fitted,
            Replicates = replicates,
            Warnings = x.Max() - x.Min() < Math.Log(1.3)
                ? [string.Create(CultureInfo.InvariantCulture,
                $"losses span a factor of {Math.Exp(x.Max() - x.Min()):0.00} only: the exponent is poorly determined")] : [],
            MostFlops = job.Runs.Max(r => r.Flops),
        };
    }

    static void Check(FitJob job)
    {
        var problems = new List<string>();
        foreach (var (name, value) in new (string, Func<ScalingRun, double?>)[] { ("noise_scale", r => r.NoiseScale), ("batch", r => r.Batch),
            ("steps", r => r.Steps) })
        {
            ScalingRun[] bad = [.. job.Runs.Where(r => value(r) is not (null or > 0 and < double.PositiveInfinity))];
            if (bad.Length > 0)
                problems.Add($"{name} of {BadRunsException.Rows(bad)} is not a positive number");
        }
        if (problems.Count > 0)
            throw new BadRunsException(job.Path, problems);
    }

    static IEnumerable<(ScalingRun Run, double Batch)> BySteps(IReadOnlyList<ScalingRun> runs)
    {
        foreach (var group in RunChecks.Groups(runs.Where(r => r is { Batch: not null, Steps: not null }), r => r.Loss, SameLoss))
        {
            if (FitJob.Distinct(group, r => r.Batch!.Value) < 3)
                continue;
            var line = StraightLine.Fit([.. group.Select(r => 1 / r.Batch!.Value)], [.. group.Select(r => r.Steps!.Value)]);
            if (line is { Slope: > 0, Intercept: > 0 })
                yield return (group[0], line.Slope / line.Intercept);
        }
    }
}
