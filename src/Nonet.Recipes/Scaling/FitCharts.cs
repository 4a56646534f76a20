using System.Globalization;
using Nonet.Scaling;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>The charts of a fit.</summary>
static class FitCharts
{
    const int LinePoints = 60, MostBudgets = 8, MostBandReplicates = 400;

    static readonly ChartAxis flops = new("training FLOPs"), loss = new("loss, nats per token"), size = new("parameters"),
        error = new("predicted / measured - 1, %", Logarithmic: false);

    public static IReadOnlyList<Chart> Of(LawFit fit, IReadOnlyList<ScalingRun> runs) => fit.Law switch
    {
        ScalingLaw.Chinchilla or ScalingLaw.Kaplan => Surface(fit),
        ScalingLaw.IsoFlop or ScalingLaw.Envelope => Frontier(fit, runs),
        ScalingLaw.Accuracy =>
            [.. Curve(fit, "accuracy", r => r.Loss, new ChartAxis("loss, nats per token", false), new ChartAxis("accuracy", false), p =>
            new AccuracyLaw(p[0], p[1], p[2], p[3]).At, [])],
        ScalingLaw.CriticalBatch =>
            [.. Curve(fit, "batch", r => r.Loss, loss, new ChartAxis("critical batch, tokens"), p => new CriticalBatchLaw(p[0], p[1]).At, [])],
        _ => Power(fit),
    };

    static List<Chart> Power(LawFit fit)
    {
        var (value, axis) = fit.Law switch
        {
            ScalingLaw.OfSize => ((Func<ScalingRun, double>)(r => r.Parameters), size),
            ScalingLaw.OfTokens => (r => r.Tokens, new ChartAxis("tokens")),
            _ => (r => r.Flops, flops),
        };
        var others = fit.WithFloor is { } floored ? new[] { floored } : [];
        return Curve(fit, "power", value, axis, loss, p => new PowerLaw(p[0], p[1], p.Length > 2 ? p[2] : 0).At, others);
    }

    static List<Chart> Curve(LawFit fit, string id, Func<ScalingRun, double> value, ChartAxis x, ChartAxis y, Func<double[], Func<double, double>> law,
        LawFit[] others)
    {
        var all = fit.Fitted.Concat(fit.HeldOut).ToArray();
        var places = Places(all.Min(p => value(p.Run)), all.Max(p => value(p.Run)), x.Logarithmic, 1.5);
        var series = new List<ChartSeries>
        {
            new("law", ChartStyle.Line, 0, Line(places, law(Values(fit)))),
            new("fitted", ChartStyle.Dots, 0, [.. fit.Fitted.Select(p => (value(p.Run), p.Measured))]),
        };
        foreach (var other in others)
            series.Add(new ChartSeries("with a floor", ChartStyle.Dashes, 1, Line(places, law(Values(other)))));
        HeldOut(series, fit, value);
        return [
            new Chart(id, $"{fit.Law}: {y.Title} against {x.Title}", x, y) { Bands = [Band(0, places, fit.Replicates.Select(law))], Series = series },
            Residuals(fit, value, x),
        ];
    }

    static List<Chart> Surface(LawFit fit)
    {
        var all = fit.Fitted.Concat(fit.HeldOut).ToArray();
        var places = Places(all.Min(p => p.Run.Flops), all.Max(p => p.Run.Flops), true, 2);
        if (Law(fit, places) is not { } found)
        {
            return [
                new Chart("envelope", "Loss against compute (the fit gives no optimum)", flops, loss) {
                    Series = [.. BySize(all.Select(p => p.Run)), .. HeldOut(fit, r => r.Flops)] },
                Residuals(fit, r => r.Flops, flops),
                Residuals(fit, r => r.Parameters, size),
            ];
        }
        var (law, replicates) = (found.Frontier, found.Replicates);
        return [
            new Chart("envelope", "Loss against compute, with the optimum of the law", flops, loss)
            {
                Bands = [Band(0, places, replicates.Select(r => (Func<double, double>)(c => r.Optimum(c).Loss)))],
                Series = [.. BySize(all.Select(p => p.Run)), new ChartSeries("optimum of the law", ChartStyle.Line, -1, Line(places, c => law.Optimum(c).Loss)),
                    .. HeldOut(fit, r => r.Flops)],
            },
            Budgets(fit, law, all),
            Best("size", "Best size for each number of FLOPs", size, places, law, replicates, a => a.Parameters, fit),
            Residuals(fit, r => r.Flops, flops),
            Residuals(fit, r => r.Parameters, size),
        ];
    }

    /// <summary>Loss over size at equal FLOPs by the law, with the runs near each budget.</summary>
    static Chart Budgets(LawFit fit, IFrontier law, Prediction[] all)
    {
        var surface = (ILossSurface)law;
        var (least, most) = (all.Min(p => p.Run.Flops), all.Max(p => p.Run.Flops));
        var count = (int)Math.Clamp(Math.Log2(most / least), 2, 5);
        var series = new List<ChartSeries>();
        for (var i = 0; i < count; i++)
        {
            var c = least * Math.Pow(most / least, (i + 0.5) / count);
            var half = Math.Pow(most / least, 0.15 / count);
            var near = all.Where(p => p.Run.Flops > c / half && p.Run.Flops < c * half).Select(p => (p.Run.Parameters, p.Measured)).ToArray();
            var best = law.Optimum(c).Parameters;
            var sizes = near.Select(p => p.Parameters).Append(best / 6).Append(best * 6).ToArray();
            series.Add(new ChartSeries(string.Create(CultureInfo.InvariantCulture, $"{c:0.0e0} FLOPs"), ChartStyle.Line, i,
                Line(Places(sizes.Min(), sizes.Max(), true, 1), n => surface.Loss(n, c / 6 / n))));
            series.Add(new ChartSeries(null, ChartStyle.Dots, i, near));
            series.Add(new ChartSeries(null, ChartStyle.Crosses, i, [(best, law.Optimum(c).Loss)]));
        }
        return new Chart("isoflop", $"IsoFLOP curves of the law ({fit.Law}) and runs near them", size, loss) { Series = series };
    }

    static List<Chart> Frontier(LawFit fit, IReadOnlyList<ScalingRun> runs)
    {
        var kept = fit.Points.Where(p => p.Discarded is null).ToArray();
        var places = Places(fit.Points.Min(p => p.Flops), Math.Max(fit.Points.Max(p => p.Flops), fit.HeldOut.Select(p => p.Run.Flops).DefaultIfEmpty(0).Max()),
            true, 2);
        var frontier = PlanLaw.Of(fit, fit.Law).Frontier;
        var residuals = new Chart("residuals", "Best sizes less the line, %", flops, error)
        {
            Series = [Zero(places),
            new ChartSeries("minima", ChartStyle.Dots, 0,
            [.. kept.Select(p => (p.Flops, 100 * (frontier.Optimum(p.Flops).Parameters / p.Parameters - 1))).Where(p => double.IsFinite(p.Item2))])]
        };
        if (Law(fit, places) is not { } found)
        {
            return [
                fit.Law == ScalingLaw.IsoFlop ? IsoFlop(fit, runs) : Curves(runs, places, null),
                new Chart("envelope", "Loss against compute (the fit gives no frontier)", flops, loss) {
                    Series = [.. BySize(runs), Minima(kept), .. HeldOut(fit, r => r.Flops)] },
                residuals,
            ];
        }
        var (law, replicates) = (found.Frontier, found.Replicates);
        return [
            fit.Law == ScalingLaw.IsoFlop ? IsoFlop(fit, runs) : Curves(runs, places, law),
            Best("size", "Best size for each number of FLOPs", size, places, law, replicates, a => a.Parameters, fit),
            new Chart("envelope", "Loss against compute, with the frontier", flops, loss)
            {
                Bands = [Band(0, places, replicates.Select(r => (Func<double, double>)(c => r.Optimum(c).Loss)))],
                Series = [.. BySize(runs), new ChartSeries("frontier", ChartStyle.Line, -1, Line(places, c => law.Optimum(c).Loss)), Minima(kept),
                    .. HeldOut(fit, r => r.Flops)],
            },
            residuals,
        ];
    }

    static ChartSeries Minima(FrontierPoint[] kept) => new("minima", ChartStyle.Crosses, -1, [.. kept.Select(p => (p.Flops, p.Loss))]);

    static Chart IsoFlop(LawFit fit, IReadOnlyList<ScalingRun> runs)
    {
        var series = new List<ChartSeries>();
        var shown = fit.Points.Count <= MostBudgets ? fit.Points
            : [.. Enumerable.Range(0, MostBudgets).Select(i => fit.Points[i * (fit.Points.Count - 1) / (MostBudgets - 1)])];
        foreach (var (point, i) in shown.Select((p, i) => (p, i)))
        {
            (double, double)[] curve =
                [.. runs.Where(r => Math.Abs(Math.Log(r.Flops / point.Flops)) < 0.1).OrderBy(r => r.Parameters).Select(r => (r.Parameters, r.Loss))];
            series.Add(new ChartSeries(null, ChartStyle.Faint, i, curve));
            series.Add(new ChartSeries(string.Create(CultureInfo.InvariantCulture, $"{point.Flops:0.0e0}"), ChartStyle.Dots, i, curve));
            if (point.Discarded is null)
                series.Add(new ChartSeries(null, ChartStyle.Crosses, i, [(point.Parameters, point.Loss)]));
        }
        return new Chart("isoflop", "IsoFLOP curves and their minima", size, loss) { Series = series };
    }

    static Chart Curves(IReadOnlyList<ScalingRun> runs, double[] places, IFrontier? law)
    {
        var series = new List<ChartSeries>();
        foreach (var (run, i) in runs.Where(r => r.Curve.Count > 0).OrderBy(r => r.Parameters).Select((r, i) => (r, i)))
        {
            var each = Math.Max(1, run.Curve.Count / 200);
            series.Add(new ChartSeries(null, ChartStyle.Faint, i,
                [.. run.Curve.Where((_, k) => k % each == 0).Select(p => (p.Tokens * run.Flops / run.Tokens, p.Loss))]));
        }
        if (law is not null)
            series.Add(new ChartSeries("frontier", ChartStyle.Line, -1, Line(places, c => law.Optimum(c).Loss)));
        return new Chart("isoflop", "Training curves and their envelope", flops, loss) { Series = series };
    }

    static Chart Best(string id, string title, ChartAxis axis, double[] places, IFrontier law, IReadOnlyList<IFrontier> replicates,
        Func<Allocation, double> value, LawFit fit) => new(id, title, flops, axis)
        {
            Bands = [Band(0, places, replicates.Select(r => (Func<double, double>)(c => value(r.Optimum(c)))))],
            Series = [
            new ChartSeries("law", ChartStyle.Line, 0, Line(places, c => value(law.Optimum(c)))),
            .. fit.Points.Count == 0 ? Array.Empty<ChartSeries>() : [
                new ChartSeries("minima", ChartStyle.Dots, 0, [.. fit.Points.Where(p => p.Discarded is null).Select(p => (p.Flops, p.Parameters))]),
                .. fit.Points.All(p => p.Discarded is null) ? Array.Empty<ChartSeries>()
                : [new ChartSeries("discarded", ChartStyle.Crosses, 7,
                [.. fit.Points.Where(p => p.Discarded is not null).Select(p => (p.Flops, p.Parameters))])]],
        ],
        };

    static Chart Residuals(LawFit fit, Func<ScalingRun, double> value, ChartAxis x)
    {
        var all = fit.Fitted.Concat(fit.HeldOut).ToArray();
        return new Chart($"residuals-{x.Title.Split(' ')[^1].ToLowerInvariant()}", $"Residuals against {x.Title}", x, error)
        {
            Series = [
                Zero([all.Min(p => value(p.Run)), all.Max(p => value(p.Run))]),
                new ChartSeries("fitted", ChartStyle.Dots, 0, Errors(fit.Fitted)),
                .. fit.HeldOut.Count == 0 ? Array.Empty<ChartSeries>() : [new ChartSeries("held out", ChartStyle.Rings, 7, Errors(fit.HeldOut))],
            ],
        };

        (double, double)[] Errors(IEnumerable<Prediction> predictions) =>
            [.. predictions.Where(p => double.IsFinite(p.RelativeError)).Select(p => (value(p.Run), 100 * p.RelativeError))];
    }

    /// <summary>Runs coloured by size, or by groups of sizes if there are many.</summary>
    static IEnumerable<ChartSeries> BySize(IEnumerable<ScalingRun> runs)
    {
        const int most = 6;
        var all = runs.OrderBy(r => r.Parameters).ToArray();
        var (least, range) = (all[0].Parameters, Math.Log(all[^1].Parameters / all[0].Parameters) + 1e-9);
        return all.GroupBy(r => (int)(most * Math.Log(r.Parameters / least) / range))
            .Select(g => new ChartSeries(
            string.Create(CultureInfo.InvariantCulture,
            $"{g.First().Parameters:0.#e0}"
            + $"{(g.Last().Parameters > 1.01 * g.First().Parameters ? string.Create(CultureInfo.InvariantCulture, $" to {g.Last().Parameters:0.#e0}") : "")}"),
            ChartStyle.Dots, g.Key, [.. g.Select(r => (r.Flops, r.Loss))]));
    }

    static IEnumerable<ChartSeries> HeldOut(LawFit fit, Func<ScalingRun, double> value) =>
        fit.HeldOut.Count == 0 ? [] : [new ChartSeries("held out", ChartStyle.Rings, 7, [.. fit.HeldOut.Select(p => (value(p.Run), p.Measured))])];

    static void HeldOut(List<ChartSeries> series, LawFit fit, Func<ScalingRun, double> value) => series.AddRange(HeldOut(fit, value));

    static ChartSeries Zero(double[] places) => new(null, ChartStyle.Faint, -1, [(places[0], 0), (places[^1], 0)]);

    /// <summary>
    /// Optimal sizes of a fit, with those of its replicates that are valid laws; null if the fitted numbers are not a valid law, or too
    /// extreme to have an optimum everywhere.
    /// </summary>
    static PlanLaw? Law(LawFit fit, double[] places) =>
        PlanLaw.IsLaw(fit) && PlanLaw.Of(fit, fit.Law) is var law
        && Array.TrueForAll(places, c => law.Frontier.Optimum(c) is { Parameters: > 0 and < double.PositiveInfinity, Loss: > 0 and < double.PositiveInfinity })
        ? law : null;

    static double[] Values(LawFit fit) => [.. fit.Numbers.Select(n => n.Value)];

    static double[] Places(double from, double to, bool logarithmic, double beyond) =>
        [.. Enumerable.Range(0, LinePoints).Select(i => i / (LinePoints - 1.0))
        .Select(t => logarithmic ? from / beyond * Math.Pow(to / from * beyond * beyond, t) : from + (to - from) * (1.1 * t - 0.05))];

    static (double, double)[] Line(double[] places, Func<double, double> law) => [.. places.Select(x => (x, law(x))).Where(p => double.IsFinite(p.Item2))];

    /// <summary>2.5 to 97.5 % quantiles of the replicates that are finite at a place. Places without such replicates are left out.</summary>
    static ChartBand Band(int colour, double[] places, IEnumerable<Func<double, double>> replicates)
    {
        var laws = replicates.Take(MostBandReplicates).ToArray();
        return new ChartBand(colour,
            laws.Length < 20 ? []
            : [.. places.Select(x => (X: x, Values: laws.Select(l => l(x)).Where(double.IsFinite).Order().ToArray())).Where(p => p.Values.Length > 0)
            .Select(p => (p.X, p.Values[(int)(0.025 * (p.Values.Length - 1))], p.Values[(int)Math.Ceiling(0.975 * (p.Values.Length - 1))]))]);
    }
}
