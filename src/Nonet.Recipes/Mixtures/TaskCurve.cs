using Nonet.Evaluation.Metrics;
using Nonet.Recipes.Evaluation;
using Nonet.Recipes.Scaling;

namespace Nonet.Recipes.Mixtures;

/// <summary>The task-count curve: scores over the number of tasks that a model was tuned on. Chung et al. 2022, figure 4.</summary>
public static class TaskCurve
{
    /// <summary>The curve as SVG, with bands of 95 %.</summary>
    /// <param name="score">What is measured, for the axis.</param>
    /// <param name="curves">Curves by name; 0 tasks is the model before.</param>
    public static string Svg(string score, IReadOnlyList<(string Name, IReadOnlyList<(int Tasks, Estimate Score)> Points)> curves)
    {
        EvaluationSeries[] series =
            [.. curves.Select(c =>
                new EvaluationSeries(c.Name, [.. c.Points.Select(p => ((double)p.Tasks, p.Score.Value, p.Score.Interval.Low, p.Score.Interval.High))]))];
        return ChartPlot.Svg(EvaluationCharts.Of("tasks", "Tasks of the mixture", "tasks", series) with { Y = new ChartAxis(score, Logarithmic: false) });
    }
}
