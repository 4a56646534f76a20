using System.Globalization;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Fits;

/// <summary>Fits accuracy on a downstream task as a function of the loss.</summary>
static class AccuracyFit
{
    const int LeastRuns = 5;

    public static LawFit Fit(FitJob job)
    {
        ScalingRun[] runs = [.. job.Runs.Where(r => r.Accuracy is not null)];
        job.Need(ScalingLaw.Accuracy, runs.Length >= LeastRuns, $"at least {LeastRuns} runs with an accuracy", runs);
        var outside = runs.Where(r => r.Accuracy is not (>= 0 and <= 1)).ToArray();
        if (outside.Length > 0)
            throw new BadRunsException(job.Path, [$"accuracy of {BadRunsException.Rows(outside)} is not between 0 and 1; expected shares, not per cent"]);
        var mean = runs.Average(r => r.Loss);
        double[] u = [.. runs.Select(r => r.Loss - mean)], y = [.. runs.Select(r => r.Accuracy!.Value)];
        var chance = job.Options.Chance;
        var fit = new HuberFit<SigmoidLaw>(u, new double[u.Length], y, delta: 1, frozen: [chance is not null, false, false, false]);
        double[][] starts = [
            .. from slope in new[] { 0.5, 2, 5, 15 } from middle in new[] { u.Min(), u.Min() / 2, 0, u.Max() } from ceiling in new[] { y.Max(), 1.0 } select (
            double[])[chance ?? y.Min(), ceiling, Math.Log(slope), middle]];
        var best = fit.Search(starts, 4, job.Options.Threads, job.Stopping);
        double[] Values(double[] p) => [p[0], p[1], Math.Exp(p[2]), p[3] + mean];
        var strata = new int[runs.Length];
        var replicates = Resampling.Run(job.Options.Bootstrap, job.Options.Threads, i =>
            Values(fit.Refit(Resampling.Weights(strata, job.Options.Seed, i), [best.Parameters, .. best.BestStarts])), job.Stopping);
        var values = Values(best.Parameters);
        var law = new AccuracyLaw(values[0], values[1], values[2], values[3]);
        Prediction[] fitted = [.. runs.Select(r => new Prediction(r, r.Accuracy!.Value, law.At(r.Loss)))];
        return new LawFit
        {
            Law = ScalingLaw.Accuracy,
            Formula = "accuracy = floor + (ceiling - floor) / (1 + exp(slope (L - midpoint)))",
            Numbers = FitJob.Numbers(["floor", "ceiling", "slope", "midpoint"], values, replicates),
            Objective = best.Loss * 2, // within δ = 1, half the sum of squares
            RSquared = FitJob.RSquared(y, [.. fitted.Select(p => p.Predicted)]),
            Method = $"least squares of the accuracy, L-BFGS from {starts.Length} starts{(chance is null ? "" : "; the floor is as given")}",
            Fitted = fitted,
            HeldOut = [.. job.HeldOut.Where(r => r.Accuracy is not null).Select(r => new Prediction(r, r.Accuracy!.Value, law.At(r.Loss)))],
            Replicates = replicates,
            Warnings = [.. Warnings(law, runs, y)],
            MostFlops = runs.Max(r => r.Flops),
        };
    }

    static IEnumerable<string> Warnings(AccuracyLaw law, ScalingRun[] runs, double[] accuracies)
    {
        if (law.Midpoint < runs.Min(r => r.Loss))
            yield return string.Create(CultureInfo.InvariantCulture,
                $"the steepest point of the curve, a loss of {law.Midpoint:0.000}, lies below every run: the ceiling is a guess");
        if (law.Ceiling > 1.001)
            yield return string.Create(CultureInfo.InvariantCulture, $"the ceiling comes out at {law.Ceiling:0.00}: the runs do not reach the upper bend");
        if (accuracies.Max() - accuracies.Min() < 0.05)
            yield return "the accuracies differ by less than 0.05: too little to see a curve";
    }
}
