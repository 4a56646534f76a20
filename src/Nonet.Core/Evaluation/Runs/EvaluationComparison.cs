using Nonet.Evaluation.Metrics;

namespace Nonet.Evaluation.Runs;

/// <summary>A metric of a task, of two models on the same items.</summary>
/// <param name="Task">The task.</param>
/// <param name="Shots">Its exemplars.</param>
/// <param name="Metric">The metric.</param>
/// <param name="A">The first model's mean.</param>
/// <param name="B">The second's.</param>
/// <param name="Test">Of the difference, item by item.</param>
public sealed record ComparedFigure(string Task, int Shots, string Metric, double A, double B, PairedTest Test);

/// <summary>Compares two evaluations item by item.</summary>
public static class EvaluationComparison
{
    /// <summary>Every metric of every task and number of shots that both have, on the items that both have.</summary>
    /// <exception cref="ArgumentException">They have none in common.</exception>
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
