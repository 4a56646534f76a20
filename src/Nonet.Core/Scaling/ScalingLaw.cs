using Nonet.Scaling.Fits;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling;

/// <summary>Fits laws to runs, by the law's name.</summary>
public static class ScalingLaw
{
    /// <summary>L(N): loss over parameters.</summary>
    public const string OfSize = "L(N)";

    /// <summary>L(D): loss over tokens.</summary>
    public const string OfTokens = "L(D)";

    /// <summary>L(C): loss over compute.</summary>
    public const string OfFlops = "L(C)";

    /// <summary>L(N, D) of Kaplan et al. 2020, eq. 1.5.</summary>
    public const string Kaplan = "L(N,D)";

    /// <summary>L(N, D) of Hoffmann et al. 2022, approach 3.</summary>
    public const string Chinchilla = "chinchilla";

    /// <summary>Approach 2 of Hoffmann et al. 2022: minima at equal FLOPs.</summary>
    public const string IsoFlop = "isoflop";

    /// <summary>Approach 1 of Hoffmann et al. 2022: envelope of training curves.</summary>
    public const string Envelope = "envelope";

    /// <summary>Critical batch size over the loss: Kaplan et al. 2020, eq. 5.3.</summary>
    public const string CriticalBatch = "critical-batch";

    /// <summary>Accuracy on a downstream task over the loss.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>Names of all laws that can be fitted.</summary>
    public static IReadOnlyList<string> Names { get; } = [OfSize, OfTokens, OfFlops, Kaplan, Chinchilla, IsoFlop, Envelope, CriticalBatch, Accuracy];

    /// <summary>
    /// Fits a law to the runs of a table. Throws a <see cref="BadRunsException"/> that names the rows if the runs are too few or invalid.
    /// </summary>
    /// <param name="table">The runs.</param>
    /// <param name="law">One of <see cref="Names"/>.</param>
    /// <param name="options">Settings; null: the defaults.</param>
    /// <param name="stopping">Cancels the fit.</param>
    public static LawFit Fit(RunTable table, string law, FitOptions? options = null, CancellationToken stopping = default)
    {
        var fit = Fit(table.Path, table.Runs, law, options, stopping);
        return fit with { Notes = [.. table.Notes, .. fit.Notes], Counting = table.Counting };
    }

    /// <summary>Fits a law to runs.</summary>
    /// <param name="path">Name of the runs in error messages.</param>
    /// <param name="runs">The runs.</param>
    /// <param name="law">One of <see cref="Names"/>.</param>
    /// <param name="options">Settings; null: the defaults.</param>
    /// <param name="stopping">Cancels the fit.</param>
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
            throw new BadRunsException(path,
                [$"row{(missing.Length > 1 ? "s" : "")} {string.Join(", ", missing)} to be held out: no such rows among the {runs.Count} read"]);
        Func<ScalingRun, double> value = law is OfTokens ? r => r.Tokens : law is OfFlops or IsoFlop or Envelope ? r => r.Flops : r => r.Parameters;
        var largest = options.HoldOutLargest ? 0.99 * runs.Max(value) : double.PositiveInfinity;
        var held = runs.Where(r => options.HeldOut.Contains(r.Row) || value(r) >= largest).ToList();
        return ([.. runs.Except(held)], held);
    }
}
