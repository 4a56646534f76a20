using Nonet.Evaluation.Runs;
using Nonet.Recipes.Scaling;

namespace Nonet.Recipes.Evaluation;

/// <summary>A named series: accuracy over the number of exemplars, or over the paths of a vote.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Points">x, the figure and its interval.</param>
sealed record EvaluationSeries(string Name, IReadOnlyList<(double X, double Y, double Low, double High)> Points);

/// <summary>Curves of evaluations with their intervals.</summary>
static class EvaluationCharts
{
    /// <summary>Figures over the number of exemplars, with a series for each task; null if no task has two numbers of exemplars.</summary>
    public static Chart? OfShots(IReadOnlyList<TaskResult> results)
    {
        EvaluationSeries[] series =
        [
            .. from r in results
               group r by r.Task into task
               where task.Count() > 1
               select new EvaluationSeries(task.Key, [.. task.OrderBy(r => r.Shots).Select(r => Point(r.Shots, r.Figures[0].Estimate))]),
        ];
        return series.Length == 0 ? null : Of("shots", "Exemplars in the prompt", "exemplars", series);
    }

    /// <summary>Figures of several models over the number of exemplars, with a series for each model and task; null if no task has two numbers.</summary>
    public static Chart? OfModels(params IReadOnlyList<EvaluationFolder> folders)
    {
        EvaluationSeries[] series =
        [
            .. from f in folders
               from task in f.Items().GroupBy(i => i.Task)
               let shots = task.GroupBy(i => i.Shots).OrderBy(s => s.Key).ToArray()
               where shots.Length > 1
               select new EvaluationSeries($"{f.Info.Model}, {task.Key}",
                   [.. shots.Select(s => Point(s.Key, Nonet.Evaluation.Metrics.Estimate.Of([.. s.Select(i => i.Scores.Values.FirstOrDefault())])))]),
        ];
        return series.Length == 0 ? null : Of("shots", "Exemplars in the prompt", "exemplars", series);
    }

    /// <summary>Accuracy of votes; null if no paths were sampled.</summary>
    public static Chart? OfVotes(IReadOnlyList<TaskResult> results)
    {
        EvaluationSeries[] series =
            [.. results.Where(r => r.Curve.Count > 1)
            .Select(r => new EvaluationSeries($"{r.Task}, {r.Shots} shots", [.. r.Curve.Select(c => Point(c.Paths, c.Accuracy))]))];
        return series.Length == 0 ? null : Of("votes", "Paths in a vote", "sampled paths", series);
    }

    /// <summary>Series with bands that show 95 % intervals.</summary>
    public static Chart Of(string id, string title, string x, IReadOnlyList<EvaluationSeries> series) =>
        new(id, title, new ChartAxis(x, Logarithmic: false), new ChartAxis("accuracy", Logarithmic: false))
        {
            Bands = [.. series.Select((s, i) => new ChartBand(i, [.. s.Points.Select(p => (p.X, p.Low, p.High))]))],
            Series = [.. series.Select((s, i) => new ChartSeries(s.Name, ChartStyle.Line, i, [.. s.Points.Select(p => (p.X, p.Y))]))],
        };

    static (double, double, double, double) Point(int x, Nonet.Evaluation.Metrics.Estimate e) => (x, e.Value, e.Interval.Low, e.Interval.High);
}
