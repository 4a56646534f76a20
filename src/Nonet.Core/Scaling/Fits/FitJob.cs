using Nonet.Numerics;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Fits;

/// <summary>Input of a fit.</summary>
/// <param name="Path">Name of the runs in error messages.</param>
/// <param name="Runs">Runs to fit.</param>
/// <param name="HeldOut">Runs to predict.</param>
/// <param name="Options">Settings.</param>
/// <param name="Stopping">Cancels the fit.</param>
sealed record FitJob(string Path, IReadOnlyList<ScalingRun> Runs, IReadOnlyList<ScalingRun> HeldOut, FitOptions Options, CancellationToken Stopping)
{
    /// <summary>Numbers with intervals from replicates.</summary>
    public static FittedNumber[] Numbers(IReadOnlyList<string> names, double[] values, IReadOnlyList<double[]> replicates) =>
        [.. names.Select((name, k) => Number(name, values[k], [.. replicates.Select(r => r[k])]))];

    /// <summary>A number with its interval.</summary>
    public static FittedNumber Number(string name, double value, double[] replicates)
    {
        if (replicates.Length < 2)
            return new FittedNumber(name, value);
        Array.Sort(replicates);
        var mean = replicates.Average();
        return new FittedNumber(name, value, Search.Quantile(replicates, 0.025), Search.Quantile(replicates, 0.975),
            Math.Sqrt(replicates.Sum(r => (r - mean) * (r - mean)) / (replicates.Length - 1)));
    }

    /// <summary>Throws if there are too few runs, and says how many there are.</summary>
    public void Need(string law, bool enough, string needed) => Need(law, enough, needed, Runs);

    public void Need(string law, bool enough, string needed, IReadOnlyList<ScalingRun> runs)
    {
        if (enough)
            return;
        var (sizes, tokens) = (Distinct(runs, r => r.Parameters), Distinct(runs, r => r.Tokens));
        var there = runs.Count == 0 ? "there are none"
            : $"there {(runs.Count == 1 ? "is 1 run" : $"are {runs.Count} runs")} of {sizes} size{(sizes == 1 ? "" : "s")} and {tokens} "
            + $"amount{(tokens == 1 ? "" : "s")} of tokens, {BadRunsException.Rows(runs)}";
        throw new BadRunsException(Path, [$"too few runs for {law}; expected {needed}; {there}"]);
    }

    /// <summary>Number of values that differ by more than 1 %.</summary>
    public static int Distinct(IEnumerable<ScalingRun> runs, Func<ScalingRun, double> value) => RunChecks.Groups(runs, value, 0.01).Count;

    /// <summary>1 − Σ (predicted − measured)² / Σ (measured − mean)².</summary>
    public static double RSquared(IReadOnlyList<double> measured, IReadOnlyList<double> predicted)
    {
        var mean = measured.Average();
        var total = measured.Sum(y => (y - mean) * (y - mean));
        return total > 0 ? 1 - measured.Zip(predicted, (y, p) => (p - y) * (p - y)).Sum() / total : 1;
    }
}
