using System.Globalization;
using Nonet.Numerics;
using Nonet.Scaling.Runs;
using Nonet.Tensors;

namespace Nonet.Scaling.Fits;

/// <summary>
/// Approach 2 of Hoffmann et al. 2022: for runs of equal FLOPs, the size with the lowest loss, and a power law through these minima. A
/// minimum without runs on both sides is discarded and reported.
/// </summary>
static class IsoFlopFit
{
    /// <summary>Runs whose FLOPs differ by less than this share belong to one budget.</summary>
    const double SameBudget = 0.1;

    const int LeastSizes = 3, LeastBudgets = 2;

    /// <summary>The parabola is fitted to sizes within this factor of the size of the lowest run.</summary>
    const double ParabolaReach = 5;

    /// <summary>
    /// Settings of Porian et al. 2024: places between neighbouring sizes, draws of the noise, and the smallest spread of a minimum as a
    /// share of the distance of sizes.
    /// </summary>
    const int Places = 25, Draws = FitOptions.AkimaDraws;
    const double LeastSpread = 0.33;

    const uint Site = 0x15F10;

    public static LawFit Fit(FitJob job)
    {
        var budgets = RunChecks.Groups(job.Runs, r => r.Flops, SameBudget);
        return job.Options.Minimum == IsoFlopMinimum.Akima ? ByAkima(job, budgets) : ByParabola(job, budgets);
    }

    static LawFit ByParabola(FitJob job, List<List<ScalingRun>> budgets)
    {
        FrontierPoint[] points = [.. budgets.Select(b => Vertex(b, Ones(b.Count)))];
        NeedMinima(job, budgets, points);
        ScalingRun[] runs = [.. budgets.SelectMany(b => b)];
        int[] strata = [.. budgets.SelectMany((b, i) => Enumerable.Repeat(i, b.Count))];
        var replicates = Resampling.Run(job.Options.Bootstrap, job.Options.Threads, i =>
        {
            var (weights, first, again) = (Resampling.Weights(strata, job.Options.Seed, i), 0, new List<FrontierPoint>());
            for (var b = 0; b < budgets.Count; first += budgets[b++].Count)
            {
                if (points[b].Discarded is null && Vertex(budgets[b], weights[first..(first + budgets[b].Count)]) is { Discarded: null } point)
                    again.Add(point);
            }
            return again.Count >= LeastBudgets ? FrontierLines.Fit(again) : null;
        }, job.Stopping);
        return FrontierLines.Result(job, ScalingLaw.IsoFlop,
            string.Create(CultureInfo.InvariantCulture,
            $"parabola of L in ln N for each budget over sizes within {ParabolaReach:g} times the lowest run's, then least squares of ln N over ln C; "
            + $"bootstrap within budgets"), points, null, replicates, Warnings(job, points, replicates));
    }

    static FrontierPoint Vertex(List<ScalingRun> runs, double[] weights)
    {
        double[] x = [.. runs.Select(r => Math.Log(r.Parameters))], y = [.. runs.Select(r => r.Loss)];
        weights = Near(x, y, weights);
        int[] drawn = [.. Enumerable.Range(0, runs.Count).Where(i => weights[i] > 0)];
        var flops = Math.Exp(runs.Average(r => Math.Log(r.Flops)));
        if (drawn.Select(i => x[i]).Distinct().Count() < LeastSizes)
            return Discard(runs, flops, $"fewer than {LeastSizes} sizes");
        var parabola = Parabola.Fit(x, y, weights);
        var (least, most, lowest) = (drawn.Min(i => x[i]), drawn.Max(i => x[i]), drawn.MinBy(i => y[i]));
        if (!(parabola.Curvature > 0))
            return Discard(runs, flops, "the curve bends downwards");
        if (x[lowest] <= least || x[lowest] >= most)
            return Discard(runs, flops, $"not bracketed: the {(x[lowest] <= least ? "smallest" : "largest")} size has the lowest loss ({runs[lowest].Label})");
        return parabola.Vertex <= least || parabola.Vertex >= most ? Discard(runs, flops, "not bracketed: the vertex lies outside the sizes")
            : Point(runs, flops, parabola.Vertex, parabola.Height);
    }

    /// <summary>
    /// Weights of the runs near the minimum: those within a factor of the size of the lowest run, and its neighbours; 0 for all others. The
    /// loss is a parabola of ln N only near its minimum.
    /// </summary>
    static double[] Near(double[] x, double[] y, double[] weights)
    {
        int[] drawn = [.. Enumerable.Range(0, x.Length).Where(i => weights[i] > 0)];
        if (drawn.Length == 0)
            return weights;
        var centre = x[drawn.MinBy(i => y[i])];
        var reach = Math.Log(ParabolaReach) + 1e-9;
        var below = drawn.Where(i => x[i] < centre).Select(i => x[i]).DefaultIfEmpty(centre).Max();
        var above = drawn.Where(i => x[i] > centre).Select(i => x[i]).DefaultIfEmpty(centre).Min();
        return [.. weights.Select((w, i) => x[i] >= Math.Min(below, centre - reach) && x[i] <= Math.Max(above, centre + reach) ? w : 0)];
    }

    static LawFit ByAkima(FitJob job, List<List<ScalingRun>> budgets)
    {
        if (job.Options.Bootstrap > Draws)
            throw new ArgumentException($"{job.Options.Bootstrap} bootstrap refits: an Akima curve's are of {Draws} draws at most");
        // of several runs of a size the lowest counts, as in Porian et al.
        var curves = budgets.Select(b => b.GroupBy(r => r.Parameters).Select(g => g.MinBy(r => r.Loss)!).OrderBy(r => r.Parameters).ToList()).ToList();
        var minima = curves.Select((runs, budget) => Enumerable.Range(0, Draws).Select(draw => Lowest(job, runs, budget, draw)).ToArray()).ToArray();
        var (points, spreads) = (new FrontierPoint[budgets.Count], new double[budgets.Count]);
        for (var b = 0; b < curves.Count; b++)
        {
            var (runs, flops) = (curves[b], Math.Exp(curves[b].Average(r => Math.Log(r.Flops))));
            var inside = minima[b].Where(m => m is not null).Select(m => m!.Value).ToArray();
            if (runs.Count < LeastSizes || inside.Length < Draws / 2)
            {
                points[b] = Discard(runs, flops,
                    runs.Count < LeastSizes ? $"fewer than {LeastSizes} sizes" : "not bracketed: more often than not the lowest place is an end");
                continue;
            }
            var sizes = inside.Select(m => m.X).Order().ToArray();
            points[b] = Point(runs, flops, Search.Quantile(sizes, 0.5), Search.Quantile([.. inside.Select(m => m.Loss).Order()], 0.5));
            var mean = sizes.Average();
            var least = LeastSpread * Places * Math.Log(runs[^1].Parameters / runs[0].Parameters) / ((runs.Count - 1) * Places - 1);
            spreads[b] = Math.Max(Math.Sqrt(sizes.Average(x => (x - mean) * (x - mean))), least) * Draws / inside.Length;
        }
        NeedMinima(job, budgets, points);
        double[] weights = [.. Enumerable.Range(0, points.Length).Where(b => points[b].Discarded is null).Select(b => 1 / (spreads[b] * spreads[b]))];
        var replicates = Resampling.Run(job.Options.Bootstrap, job.Options.Threads, i =>
        {
            var (again, heavy) = (new List<FrontierPoint>(), new List<double>());
            for (var b = 0; b < curves.Count; b++)
            {
                if (points[b].Discarded is not null || minima[b][i] is not { } m)
                    continue;
                again.Add(Point(curves[b], points[b].Flops, m.X, m.Loss));
                heavy.Add(1 / (spreads[b] * spreads[b]));
            }
            return again.Count >= LeastBudgets ? FrontierLines.Fit(again, [.. heavy]) : null;
        }, job.Stopping);
        return FrontierLines.Result(job, ScalingLaw.IsoFlop,
            string.Create(CultureInfo.InvariantCulture,
            $"Akima curve of ln L in ln N for each budget, median over {Draws} draws of a noise of {job.Options.SeedNoise:g} nats, weighted least squares "
            + $"of ln N over ln C"),
            points, weights, replicates, Warnings(job, points, replicates));
    }

    /// <summary>ln N and loss at the lowest place of a curve through noisy losses; null if it is at an end.</summary>
    static (double X, double Loss)? Lowest(FitJob job, List<ScalingRun> runs, int budget, int draw)
    {
        if (runs.Count < LeastSizes)
            return null;
        var key = new RandomKey(job.Options.Seed, (uint)draw, Site + (uint)budget);
        double[] x = [.. runs.Select(r => Math.Log(r.Parameters))],
            y = [.. runs.Select((r, i) => Math.Log(Math.Max(r.Loss + job.Options.SeedNoise * Philox.Normal(key, (ulong)i), 1e-9)))];
        var curve = new Akima(x, y);
        var (places, best, value) = ((runs.Count - 1) * Places, 0, double.MaxValue);
        double At(int i) => x[0] + (x[^1] - x[0]) * i / (places - 1);
        for (var i = 0; i < places; i++)
        {
            if (curve.At(At(i)) is var here && here < value)
                (best, value) = (i, here);
        }
        return best == 0 || best == places - 1 ? null : (At(best), Math.Exp(value));
    }

    static FrontierPoint Point(List<ScalingRun> runs, double flops, double lnN, double loss)
    {
        var line = StraightLine.Fit([.. runs.Select(r => Math.Log(r.Parameters))], [.. runs.Select(r => Math.Log(r.Tokens))]);
        return new FrontierPoint(flops, Math.Exp(lnN), Math.Exp(line.At(lnN)), loss);
    }

    static FrontierPoint Discard(List<ScalingRun> runs, double flops, string why)
    {
        var lowest = runs.MinBy(r => r.Loss)!;
        return new FrontierPoint(flops, lowest.Parameters, lowest.Tokens, lowest.Loss, why);
    }

    static void NeedMinima(FitJob job, List<List<ScalingRun>> budgets, FrontierPoint[] points)
    {
        job.Need(ScalingLaw.IsoFlop, budgets.Count(b => FitJob.Distinct(b, r => r.Parameters) >= LeastSizes) >= LeastBudgets,
            $"at least {LeastBudgets} budgets (runs of equal flops) of {LeastSizes} sizes");
        if (points.Count(p => p.Discarded is null) < LeastBudgets)
            throw new BadRunsException(job.Path,
                [$"fewer than {LeastBudgets} budgets have a minimum",
                .. points.Select((p, b) => (p, b)).Where(x => x.p.Discarded is not null)
                .Select(x => string.Create(CultureInfo.InvariantCulture, $"{x.p.Flops:g4} FLOPs, {BadRunsException.Rows(budgets[x.b])}: {x.p.Discarded}"))]);
    }

    static IEnumerable<string> Warnings(FitJob job, FrontierPoint[] points, double[][] replicates)
    {
        foreach (var point in points.Where(p => p.Discarded is not null))
            yield return string.Create(CultureInfo.InvariantCulture, $"the minimum at {point.Flops:g4} FLOPs is discarded: {point.Discarded}");
        FrontierPoint[] kept = [.. points.Where(p => p.Discarded is null)];
        if (kept.Length < 4)
            yield return $"{kept.Length} minima: the exponents rest on so few points";
        if (kept[^1].Flops < 10 * kept[0].Flops)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"budgets span a factor of {kept[^1].Flops / kept[0].Flops:g3} only: the exponents are poorly determined");
        if (replicates.Length < job.Options.Bootstrap * 9 / 10 && job.Options.Minimum == IsoFlopMinimum.Parabola)
            yield return $"{job.Options.Bootstrap - replicates.Length} of {job.Options.Bootstrap} bootstrap draws have fewer than {LeastBudgets} minima and "
                + $"do not count: intervals are too narrow";
    }

    static double[] Ones(int count)
    {
        var ones = new double[count];
        Array.Fill(ones, 1);
        return ones;
    }
}
