using System.Diagnostics;
using Nonet.Files;
using Nonet.Recipes.Scaling;

namespace Nonet.Recipes.Runs;

public sealed partial class RunFolder
{
    void Draw(RunStatus status)
    {
        var outer = logging.IsRunning;
        logging.Start();
        var start = Stopwatch.GetTimestamp();
        status.Write(FullPath);
        IReadOnlyList<(string Name, string Title, string Svg)> plots = History.Steps.Count == 0 ? [] :
        [
            ("loss", $"Loss, {info.Unit}", Plot.Svg("loss", Curve.Of("training", History.Steps, s => s.Loss),
                new Curve("held out", [.. History.Evaluations.Select(e => ((double)e.Step, e.Loss))], Marked: true))),
            ("learning-rate", "Learning rate", Plot.Svg("rate", Curve.Of("", History.Steps, s => s.LearningRate))),
            ("gradient-norm", "Norm of the gradients before clipping", Plot.Svg("norm", Curve.Of("", History.Steps, s => s.GradientNorm))),
            ("tokens-per-second", "Speed, tokens/s", Plot.Svg("speed", Curve.Of("", History.Steps, s => s.TokensPerSecond))),
            .. History.Measured.SelectMany(m => m.Scores).Select(s => s.Name).Distinct().Select(RolloutPlot),
            .. AgainstKl().Concat(History.Evaluations.LastOrDefault(e => e.Curves.Count > 0)?.Curves ?? [])
                .Select(curve => (curve.Name.Replace('_', '-'), curve.Title, ChartPlot.Svg(ChartOf(curve)))),
            .. History.Evaluations.SelectMany(e => e.Scores).Select(s => s.Name).Distinct()
            .Select(name => (name.Replace('_', '-'), $"Held out: {name.Replace('_', ' ')}",
                Plot.Svg(name,
                    new Curve("", [.. History.Evaluations.SelectMany(e => e.Scores.Where(s => s.Name == name).Select(s => ((double)e.Step, s.Value)))],
                    Marked: true)))),
        ];
        foreach (var (name, _, svg) in plots)
            AtomicFile.WriteText(Path.Combine(FullPath, "plots", name + ".svg"), svg);
        AtomicFile.WriteText(Path.Combine(FullPath, PageName), RunPage.Html(FactsOf(status), History, [.. plots.Select(p => (p.Title, p.Svg))]));
        drawn.Took = Stopwatch.GetElapsedTime(start);
        sinceDrawn.Restart();
        if (!outer)
            logging.Stop();
    }

    (string, string, string) RolloutPlot(string name) => ("rollout-" + name.Replace('_', '-'), $"Rollouts: {name.Replace('_', ' ')}",
        Plot.Svg("rollout-" + name, Curve.Of("", [.. from m in History.Measured from s in m.Scores where s.Name == name select ((double)m.Step, s.Value)])));

    /// <summary>The rewards of a policy's evaluations against the square root of the KL from its reference. Gao et al. 2022.</summary>
    IEnumerable<MeasuredCurve> AgainstKl() => History.Evaluations.SelectMany(e => e.Scores).Select(s => s.Name).Distinct().Where(name =>
        name.StartsWith("reward", StringComparison.Ordinal))
        .Select(name => new MeasuredCurve($"{name}_against_kl", $"{name.Replace('_', ' ')} against the square root of the KL", "√KL", name.Replace('_', ' '),
            [.. History.Evaluations.Where(e => e.Scores.Any(s => s.Name == "sqrt_kl") && e.Scores.Any(s => s.Name == name)).Select(e =>
                (Of(e, "sqrt_kl"), Of(e, name)))]))
        .Where(curve => curve.Points.Count > 0);

    static double Of(Evaluated evaluated, string score) => evaluated.Scores.First(s => s.Name == score).Value;

    static Chart ChartOf(MeasuredCurve curve) => new(curve.Name, curve.Title, new ChartAxis(curve.X, Logarithmic: false),
        new ChartAxis(curve.Y, Logarithmic: false))
    {
        Series = [new ChartSeries(null, ChartStyle.Line, 0, curve.Points), new ChartSeries(null, ChartStyle.Rings, 0, curve.Points)],
    };

    RunPage.Facts FactsOf(RunStatus status) => new()
    {
        Name = Path.GetFileName(FullPath),
        Model = info.Model,
        Parameters = info.Parameters,
        Unit = info.Unit,
        Status = status,
        Remaining = drawn.Remaining,
        Started = info.Started,
        Commit = info.Commit,
        Checkpoints = [.. Checkpoints.All.Select(c => Path.GetFileName(c)!)],
        Best = Path.GetFileName(Checkpoints.Best),
        Last = Path.GetFileName(Checkpoints.Last),
        Recipe = recipe,
    };
}
