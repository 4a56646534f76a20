using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Fits;

/// <summary>
/// Approach 1 of Hoffmann et al. 2022: for each of many numbers of FLOPs, the size whose training curve is lowest, and a power law through
/// these sizes. A point counts only if both a smaller and a larger model have a curve there.
/// </summary>
static class EnvelopeFit
{
    /// <summary>Numbers of FLOPs that are examined, as in the paper; fewer in a replicate.</summary>
    const int Places = 1500, PlacesOfReplicate = 300;

    /// <summary>Width of the smoothing window of curves with at least ten times as many points.</summary>
    const int Window = 10;

    const int LeastRuns = 3;

    sealed record Line(ScalingRun Run, double[] LnC, double[] LnL, double FlopsPerToken);

    public static LawFit Fit(FitJob job)
    {
        var runs = WithCurves(job.Runs);
        RunChecks.Check(job.Path, [.. runs.Where(r => r.Curve.Count > 0)]);
        Line[] lines = [.. runs.Where(r => r.Curve.Count >= 2).Select(Smooth)];
        ScalingRun[] drawn = [.. lines.Select(l => l.Run)];
        job.Need(ScalingLaw.Envelope, FitJob.Distinct(drawn, r => r.Parameters) >= LeastRuns,
            $"at least {LeastRuns} runs of {LeastRuns} sizes with training curves (curve_tokens and curve_loss, or a row a point with the run's name)", drawn);
        var points = Lowest(lines, Places, null);
        var kept = points.Where(p => p.Discarded is null).ToArray();
        if (kept.Select(p => p.Parameters).Distinct().Count() < 2)
            throw new BadRunsException(job.Path,
                [$"the envelope of {BadRunsException.Rows(drawn)} is not bracketed: nowhere is a size best that has a smaller and a larger one beside it, "
                + $"or only one is; train sizes between, or longer"]);
        var strata = new int[lines.Length];
        var replicates = Resampling.Run(job.Options.Bootstrap, job.Options.Threads, i =>
        {
            var again = Lowest(lines, PlacesOfReplicate, Resampling.Weights(strata, job.Options.Seed, i)).Where(p => p.Discarded is null).ToArray();
            return again.Select(p => p.Parameters).Distinct().Count() >= 2 ? FrontierLines.Fit(again) : null;
        }, job.Stopping);
        var fit = FrontierLines.Result(job with { Runs = drawn }, ScalingLaw.Envelope,
            $"lowest training curve at {Places:N0} numbers of FLOPs, then least squares of ln N over ln C; bootstrap over whole curves", points, null,
            replicates, Warnings(job, kept, replicates));
        return fit with { Points = Pieces(points) };
    }

    /// <summary>Converts a table with one row per point to one run per row.</summary>
    static IReadOnlyList<ScalingRun> WithCurves(IReadOnlyList<ScalingRun> runs)
    {
        if (runs.Any(r => r.Curve.Count > 0) || runs.Any(r => r.Name is null))
            return runs;
        return [.. runs.GroupBy(r => (r.Name, r.Seed, r.Parameters)).Select(g =>
        {
            var last = g.MaxBy(r => r.Tokens)!;
            return last with { Curve = [.. g.OrderBy(r => r.Tokens).Select(r => new CurvePoint(r.Tokens, r.Loss))] };
        })];
    }

    static Line Smooth(ScalingRun run)
    {
        var (points, window) = (run.Curve, run.Curve.Count >= 10 * Window ? Window : 1);
        var (lnC, lnL, perToken) = (new double[points.Count - window + 1], new double[points.Count - window + 1], run.Flops / run.Tokens);
        for (var i = 0; i < lnC.Length; i++)
        {
            var (tokens, loss) = (0.0, 0.0);
            for (var j = i; j < i + window; j++)
                (tokens, loss) = (tokens + points[j].Tokens / window, loss + points[j].Loss / window);
            (lnC[i], lnL[i]) = (Math.Log(tokens * perToken), Math.Log(loss));
        }
        return new Line(run, lnC, lnL, perToken);
    }

    /// <summary>Finds the lowest curve at each number of FLOPs.</summary>
    /// <param name="lines">All curves.</param>
    /// <param name="places">How many numbers of FLOPs.</param>
    /// <param name="weights">Weight of each curve; curves of weight 0 are ignored.</param>
    static List<FrontierPoint> Lowest(Line[] lines, int places, double[]? weights)
    {
        Line[] there = [.. lines.Where((_, i) => weights is null || weights[i] > 0)];
        var (from, to) = (there.Min(l => l.LnC[0]), there.Max(l => l.LnC[^1]));
        var points = new List<FrontierPoint>();
        for (var i = 0; i < places; i++)
        {
            var at = from + (to - from) * i / (places - 1);
            var (best, loss, smaller, larger) = ((Line?)null, double.MaxValue, double.MaxValue, 0.0);
            foreach (var line in there)
            {
                if (at < line.LnC[0] || at > line.LnC[^1])
                    continue;
                (smaller, larger) = (Math.Min(smaller, line.Run.Parameters), Math.Max(larger, line.Run.Parameters));
                if (At(line, at) is var here && here < loss)
                    (best, loss) = (line, here);
            }
            if (best is null)
                continue;
            var (n, flops) = (best.Run.Parameters, Math.Exp(at));
            var why = n <= smaller ? "no smaller model was trained so far" : n >= larger ? "no larger model was trained so far" : null;
            points.Add(new FrontierPoint(flops, n, flops / best.FlopsPerToken, Math.Exp(loss), why));
        }
        return points;
    }

    static double At(Line line, double at)
    {
        var i = Array.BinarySearch(line.LnC, at);
        if (i >= 0)
            return line.LnL[i];
        i = Math.Clamp(~i, 1, line.LnC.Length - 1);
        var share = (at - line.LnC[i - 1]) / (line.LnC[i] - line.LnC[i - 1]);
        return line.LnL[i - 1] + share * (line.LnL[i] - line.LnL[i - 1]);
    }

    /// <summary>Joins neighbouring places with the same best size to one point in their middle.</summary>
    static List<FrontierPoint> Pieces(List<FrontierPoint> points)
    {
        var pieces = new List<FrontierPoint>();
        for (var i = 0; i < points.Count;)
        {
            var end = i;
            while (end < points.Count && points[end].Parameters == points[i].Parameters && points[end].Discarded == points[i].Discarded)
                end++;
            pieces.Add(points[(i + end - 1) / 2]);
            i = end;
        }
        return pieces;
    }

    static IEnumerable<string> Warnings(FitJob job, FrontierPoint[] kept, double[][] replicates)
    {
        var sizes = kept.Select(p => p.Parameters).Distinct().Count();
        if (sizes < 4)
            yield return $"{sizes} sizes lie on the envelope between smaller and larger ones: the exponents rest on so few";
        yield return "points in the middle of a decaying schedule are worse than runs planned to end there: with one schedule length a size, the envelope "
            + "leans towards large models";
        if (replicates.Length < job.Options.Bootstrap * 9 / 10)
            yield return $"{job.Options.Bootstrap - replicates.Length} of {job.Options.Bootstrap} bootstrap draws have no bracketed envelope and do not "
                + $"count: intervals are too narrow";
    }
}
