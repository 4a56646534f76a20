using Nonet.Scaling;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>
/// Laws fitted to the runs of a sweep: L(N) of the grid without its held-out runs, and the minima of the IsoFLOP curves. <c>nonet scaling
/// fit</c> offers more.
/// </summary>
public sealed record SweepFits
{
    const int Replicates = 200;

    /// <summary>L(N) of the grid; null if there is no grid or the fit failed.</summary>
    public LawFit? OfSize { get; init; }

    /// <summary>Minima of the IsoFLOP runs; null if there are none.</summary>
    public LawFit? IsoFlop { get; init; }

    /// <summary>The held-out run with the lowest loss, and its prediction by L(N); null if no run is held out.</summary>
    public Prediction? HeldOut => OfSize?.HeldOut.MinBy(p => p.Measured);

    /// <summary>
    /// The same run and its prediction by L(N) with a floor, which follows the curvature of the losses; null with fewer than four sizes to fit.
    /// </summary>
    public Prediction? HeldOutWithFloor => OfSize?.WithFloor?.HeldOut.MinBy(p => p.Measured);

    /// <summary>Each fit with its runs, for charts.</summary>
    public IReadOnlyList<(LawFit Fit, IReadOnlyList<ScalingRun> Runs)> All { get; init; } = [];

    /// <summary>Reasons why laws could not be fitted.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Fits laws to the table that a sweep wrote.</summary>
    internal static SweepFits Of(SweepResult sweep, SweepOptions options, int? threads, CancellationToken stopping)
    {
        var (all, problems) = (new List<(LawFit, IReadOnlyList<ScalingRun>)>(), new List<string>());
        var heldOut = sweep.Rows.Where(r => r.HeldOut).Select(r => r.Name).ToHashSet();
        var ofSize = Fit("grid", ScalingLaw.OfSize);
        var isoFlop = Fit("isoflop", ScalingLaw.IsoFlop);
        return new SweepFits { OfSize = ofSize, IsoFlop = isoFlop, All = all, Problems = problems };

        LawFit? Fit(string plan, string law)
        {
            if (!sweep.Rows.Any(r => r.Plan == plan))
                return null;
            try
            {
                var table = RunTable.Read(sweep.Table, new RunTableOptions { Counting = options.Counting, Where = [("plan", plan)] });
                var fit = ScalingLaw.Fit(table, law,
                    new FitOptions
                    {
                        Bootstrap = Replicates,
                        Threads = threads,
                        HeldOut = [.. table.Runs.Where(r => heldOut.Contains(r.Name!)).Select(r => r.Row)]
                    }, stopping);
                all.Add((fit, table.Runs));
                return fit;
            }
            catch (BadRunsException e)
            {
                problems.Add($"no {law} of the {plan} runs: {string.Join("; ", e.Problems)}");
                return null;
            }
        }
    }
}
