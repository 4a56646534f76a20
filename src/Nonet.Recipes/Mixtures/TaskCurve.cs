using Nonet.Evaluation.Metrics;
using Nonet.Recipes.Evaluation;
using Nonet.Recipes.Scaling;

namespace Nonet.Recipes.Mixtures;

/// <summary>The task-count curve: scores over the number of tasks that a model was tuned on. Chung et al. 2022, figure 4.</summary>
public static class TaskCurve
{
    /// <summary>Draws the curves as SVG, with bands for the 95 % intervals.</summary>
    /// <param name="score">Name of the score, the title of the vertical axis.</param>
    /// <param name="curves">Curves by name; the point with 0 tasks is the model before tuning.</param>
    public static string Svg(string score, IReadOnlyList<(string Name, IReadOnlyList<(int Tasks, Estimate Score)> Points)> curves)
    {
        EvaluationSeries[] series =
            [.. curves.Select(c =>
                new EvaluationSeries(c.Name, [.. c.Points.Select(p => ((double)p.Tasks, p.Score.Value, p.Score.Interval.Low, p.Score.Interval.High))]))];
        return ChartPlot.Svg(EvaluationCharts.Of("tasks", "Tasks of the mixture", "tasks", series) with { Y = new ChartAxis(score, Logarithmic: false) });
    }
}
