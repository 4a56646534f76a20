using Nonet.Scaling.Fits;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling;

/// <summary>Fits laws to runs, by the law's name.</summary>
public static class ScalingLaw
{
    public const string OfSize = "L(N)", OfTokens = "L(D)", OfFlops = "L(C)", Kaplan = "L(N,D)", Chinchilla = "chinchilla", IsoFlop = "isoflop", Envelope = "envelope",
        CriticalBatch = "critical-batch", Accuracy = "accuracy";

    /// <summary>Every law that can be fitted.</summary>
    public static IReadOnlyList<string> Names { get; } = [OfSize, OfTokens, OfFlops, Kaplan, Chinchilla, IsoFlop, Envelope, CriticalBatch, Accuracy];

    /// <summary>Fits a law to the runs of a table. Throws <see cref="BadRunsException"/>, which names rows, where the runs are too few for it or wrong.</summary>
    /// <param name="table">The runs.</param>
    /// <param name="law">One of <see cref="Names"/>.</param>
    /// <param name="options">How.</param>
    /// <param name="stopping">Asks it to stop.</param>
    public static LawFit Fit(RunTable table, string law, FitOptions? options = null, CancellationToken stopping = default)
    {
        var fit = Fit(table.Path, table.Runs, law, options, stopping);
        return fit with { Notes = [.. table.Notes, .. fit.Notes], Counting = table.Counting };
    }

    /// <summary>Fits a law to runs.</summary>
    /// <param name="path">What errors call them.</param>
    /// <param name="runs">The runs.</param>
    /// <param name="law">One of <see cref="Names"/>.</param>
    /// <param name="options">How.</param>
    /// <param name="stopping">Asks it to stop.</param>
    public static LawFit Fit(string path, IReadOnlyList<ScalingRun> runs, string law, FitOptions? options = null, CancellationToken stopping = default)
    {
        options ??= new FitOptions();
        var (used, heldOut) = HoldOut(path, runs, law, options);
        var job = new FitJob(path, used, heldOut, options, stopping);
        if (law is not Envelope)
            RunChecks.Check(path, runs);
        return law switch
        {
            OfSize => PowerFit.OfSize(job),
            OfTokens => PowerFit.OfTokens(job),
            OfFlops => PowerFit.OfFlops(job),
            Kaplan => SurfaceFit.Kaplan(job),
            Chinchilla => SurfaceFit.Chinchilla(job),
            IsoFlop => IsoFlopFit.Fit(job),
            Envelope => EnvelopeFit.Fit(job),
            CriticalBatch => CriticalBatchFit.Fit(job),
            Accuracy => AccuracyFit.Fit(job),
            _ => throw new ArgumentException($"law '{law}': expected {string.Join(", ", Names)}"),
        };
    }

    static (List<ScalingRun> Used, List<ScalingRun> HeldOut) HoldOut(string path, IReadOnlyList<ScalingRun> runs, string law, FitOptions options)
    {
        var missing = options.HeldOut.Except(runs.Select(r => r.Row)).ToArray();
        if (missing.Length > 0)
            throw new BadRunsException(path, [$"row{(missing.Length > 1 ? "s" : "")} {string.Join(", ", missing)} to be held out: no such rows among the {runs.Count} read"]);
        Func<ScalingRun, double> value = law is OfTokens ? r => r.Tokens : law is OfFlops or IsoFlop or Envelope ? r => r.Flops : r => r.Parameters;
        var largest = options.HoldOutLargest ? 0.99 * runs.Max(value) : double.PositiveInfinity;
        var held = runs.Where(r => options.HeldOut.Contains(r.Row) || value(r) >= largest).ToList();
        return ([.. runs.Except(held)], held);
    }
}
