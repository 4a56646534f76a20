using Nonet.Evaluation.Metrics;

namespace Nonet.Evaluation.Runs;

/// <summary>A metric of two models on the same items of a task.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Shots">Number of exemplars per prompt.</param>
/// <param name="Metric">Name of the metric.</param>
/// <param name="A">Mean of the first model.</param>
/// <param name="B">Mean of the second model.</param>
/// <param name="Test">Paired test of the difference.</param>
public sealed record ComparedFigure(string Task, int Shots, string Metric, double A, double B, PairedTest Test);

/// <summary>Compares two evaluations item by item.</summary>
public static class EvaluationComparison
{
    /// <summary>Compares each metric for each task and number of shots that both have, on the items that both have.</summary>
    /// <exception cref="ArgumentException">The evaluations have no items in common, or the items differ.</exception>
    public static IReadOnlyList<ComparedFigure> Of(EvaluationFolder a, EvaluationFolder b)
    {
        var others = b.Items().ToDictionary(Key);
        var pairs = a.Items().Where(i => others.ContainsKey(Key(i))).Select(i => (A: i, B: others[Key(i)])).ToArray();
        if (pairs.Length == 0)
            throw new ArgumentException($"{a.FullPath} and {b.FullPath} have no item in common; expected evaluations of the same tasks with the same --shots");
        if (pairs.FirstOrDefault(p => p.A.Place != p.B.Place) is { A: { } other } differing && differing.B is not null)
            throw new ArgumentException(
                $"item {other.Item} of {other.Task} is {other.Place} in {a.FullPath} and {differing.B.Place} in {b.FullPath}; expected evaluations of the "
                + $"same data");
        return
        [
            .. from p in pairs
               group p by (p.A.Task, p.A.Shots) into task
               from metric in task.First().A.Scores.Keys.Where(m => task.All(p => p.A.Scores.ContainsKey(m) && p.B.Scores.ContainsKey(m)))
               let first = task.Select(p => p.A.Scores[metric]).ToArray()
               let second = task.Select(p => p.B.Scores[metric]).ToArray()
               let clusters = task.First().A.Cluster is null ? null : task.Select(p => p.A.Cluster!).ToArray()
               select new ComparedFigure(task.Key.Task, task.Key.Shots, metric, first.Average(), second.Average(), PairedTest.Of(first, second, clusters)),
        ];
    }

    static (string, int, int) Key(ItemResult item) => (item.Task, item.Shots, item.Item);
}
