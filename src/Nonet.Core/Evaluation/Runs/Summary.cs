using System.Globalization;
using Nonet.Evaluation.Metrics;
using Nonet.Evaluation.Tasks;
using Nonet.Evaluation.Translation;

namespace Nonet.Evaluation.Runs;

/// <summary>The figures of a task over its items.</summary>
static class Summary
{
    static readonly int[] votes = [1, 5, 10, 20, 40];

    /// <summary>Numbers of votes in a curve over up to <paramref name="paths"/> paths.</summary>
    public static IEnumerable<int> VoteSizes(int paths) => votes.Where(m => m < paths).Append(paths);

    public static TaskResult Of(LoadedTask task, int shots, IReadOnlyList<ItemResult> items, EvaluationOptions options, List<string> notes)
    {
        string[]? clusters = items[0].Cluster is null ? null : [.. items.Select(i => i.Cluster!)];
        Estimate Mean(string metric) => Estimate.Of([.. items.Select(i => i.Scores[metric])], clusters, options.Seed);
        var figures = task.Task.Kind switch
        {
            EvaluationKind.Perplexity => Texts(items, options.Seed),
            EvaluationKind.LogLikelihood =>
                [new(ItemScores.Accuracy, Mean(ItemScores.Accuracy)),
                new("perplexity", Whole(items, options.Seed, d => Math.Exp(-d.Average(i => i.Scores[ItemScores.LogLikelihood])))),
                new(ItemScores.LogLikelihood, Mean(ItemScores.LogLikelihood))],
            _ => items[0].Scores.Keys.Where(k => !IsOfCurve(k)).Select(k => new Figure(k, k == GenerationMetric.Bleu ? BleuOf(items, options.Seed) : Mean(k)))
                .ToList(),
        };
        var curve = options.Paths is > 1 and var paths && task.Task.Kind == EvaluationKind.Generation
            ? VoteSizes(paths).Select(m => (m, Mean(string.Create(CultureInfo.InvariantCulture, $"{ItemScores.Vote}_{m}")))).ToArray() : [];
        var silent = items.Sum(i => i.Paths.Count(p => p.Answer is null));
        if (silent > 0)
            notes.Add($"{silent} of {items.Sum(i => i.Paths.Count)} texts have no readable answer; they count as wrong");
        return new TaskResult { Task = task.Task.Name, Shots = shots, Figures = figures, Items = items, Curve = curve, Notes = notes };
    }

    static bool IsOfCurve(string metric) => metric.StartsWith($"{ItemScores.Vote}_", StringComparison.Ordinal);

    static List<Figure> Texts(IReadOnlyList<ItemResult> items, ulong seed)
    {
        double Sum(IEnumerable<ItemResult> some, string name) => some.Sum(i => i.Scores[name]);
        return
        [
            new("perplexity", Whole(items, seed, d => Math.Exp(Sum(d, ItemScores.Nats) / Sum(d, ItemScores.Tokens)))),
            new("nats_per_token", Whole(items, seed, d => Sum(d, ItemScores.Nats) / Sum(d, ItemScores.Tokens))),
            new("bits_per_byte", Whole(items, seed, d => Sum(d, ItemScores.Nats) / Math.Log(2) / Sum(d, ItemScores.Bytes))),
        ];
    }

    static Estimate Whole(IReadOnlyList<ItemResult> items, ulong seed, Func<IEnumerable<ItemResult>, double> figure) =>
        Estimate.OfWhole(items.Count, drawn => figure(drawn.Select(i => items[i])), seed);

    static Estimate BleuOf(IReadOnlyList<ItemResult> items, ulong seed)
    {
        var bleu = new Bleu();
        return Estimate.OfWhole(items.Count, drawn =>
            bleu.Corpus([.. drawn.Select(i => items[i].Paths[0].Answer ?? "")], [.. drawn.Select(i => items[i].Gold.Split(" | ")[0])]).Score, seed);
    }
}
