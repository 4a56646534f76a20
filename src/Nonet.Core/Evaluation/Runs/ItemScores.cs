using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Metrics;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Tasks;

namespace Nonet.Evaluation.Runs;

/// <summary>Scores the model's answers to an item.</summary>
static class ItemScores
{
    public const string Accuracy = "accuracy", Normalized = "normalized_accuracy", LogLikelihood = "log_likelihood", Nats = "nats", Tokens = "tokens",
    Bytes = "bytes",
        Vote = "vote", WeightedVote = "weighted_vote", Agreement = "agreement", Strict = "strict", Flexible = "flexible", CallRate = "call_rate";

    public static ItemResult OfScores(LoadedTask task, int shots, PreparedItem item,
        IEnumerable<(ContinuationScore Score, ContinuationScore? Unconditional)> scores, IEnumerable<ContinuationScore> windows)
    {
        var result = Empty(task, shots, item);
        if (task.Task.Kind == EvaluationKind.Perplexity)
        {
            var all = windows.ToArray();
            var (sum, tokens, bytes) = (all.Sum(w => w.LogProbability), all.Sum(w => w.Tokens), System.Text.Encoding.UTF8.GetByteCount(item.Asked.Target));
            return result with
            {
                Choices = [new ChoiceResult(item.Asked.Target, sum, tokens, item.Asked.Target.Length, false)],
                Scores = new Dictionary<string, double> { [Nats] = -sum, [Tokens] = tokens, [Bytes] = bytes },
            };
        }
        ChoiceResult[] choices =
            [.. scores.Select((s, i) =>
            new ChoiceResult(item.Scored[i].Text, s.Score.LogProbability, s.Score.Tokens, Math.Max(1, item.Scored[i].Text.TrimStart(' ').Length),
            s.Score.IsGreedy, s.Unconditional?.LogProbability))];
        if (task.Task.Kind == EvaluationKind.LogLikelihood)
        {
            return result with
            {
                Choices = choices,
                Scores = new Dictionary<string, double> { [Accuracy] = choices[0].IsGreedy ? 1 : 0, [LogLikelihood] = choices[0].LogProbability },
            };
        }
        var right = item.Asked.Right;
        var hits = new Dictionary<ChoiceScore, double>();
        foreach (var score in Enum.GetValues<ChoiceScore>())
        {
            if (score != ChoiceScore.Unconditional || choices[0].Unconditional is not null)
                hits[score] = ChoiceAccuracy.Best([.. choices.Select(c => Value(c, score))]) == right ? 1 : 0;
        }
        var (own, chance) = (hits[task.Task.Score], 1.0 / choices.Length);
        var values = new Dictionary<string, double> { [Accuracy] = own, [Normalized] = (own - chance) / (1 - chance) };
        foreach (var (score, hit) in hits)
            values[$"{Accuracy}_{NameOf(score)}"] = hit;
        return result with { Choices = choices, Right = right, Scores = values };
    }

    public static ItemResult OfTexts(LoadedTask task, int shots, PreparedItem item, WrittenText[] texts, WrittenText[]? seconds, EvaluationOptions options)
    {
        var t = task.Task;
        var reader = new AnswerReader(t.Answer);
        string[] right = [.. new[] { item.Asked.Gold! }.Concat(task.Templates.Aliases(item.Asked.Item))];
        var gold = right.Select(reader.Normalize).Where(g => g is not null).ToHashSet(StringComparer.Ordinal);
        if (gold.Count == 0)
            throw new TaskException(
                $"{t.Name}, gold: found '{item.Asked.Gold}' ({item.Asked.Item.Place}), which is no {t.Answer.Kind}; expected an answer of the kind that "
                + $"answer.kind says");
        PathResult[] paths = [.. texts.Select((text, i) =>
        {
            var last = seconds?[i] ?? text;
            var reading = reader.Read(last.Text);
            return new PathResult(seconds is null ? text.Text : text.Text + t.SecondPrompt + last.Text, last.Stop, reading.Answer, reading.Strict,
                reading.Flexible, Sum(text.LogProbability, seconds?[i].LogProbability), (text.Tokens ?? 0) + (seconds?[i].Tokens ?? 0))
            {
                Calls = text.Calls is { } calls ? calls + (seconds?[i].Calls ?? 0) : null,
                Transcript = text.Transcript is null && last.Transcript is null ? null
                    : seconds is null ? text.Transcript : (text.Transcript ?? text.Text) + t.SecondPrompt + (last.Transcript ?? last.Text),
            };
        })];
        bool IsRight(string? answer) => answer is not null && gold.Contains(answer);
        var scores = new Dictionary<string, double>();
        foreach (var metric in t.Metrics.Select(GenerationMetric.Parse))
        {
            scores[metric.Name] = metric.Name switch
            {
                GenerationMetric.ExactMatch => paths.Average(p => IsRight(p.Answer) ? 1.0 : 0),
                GenerationMetric.Contains => paths.Average(p => SquadAnswers.Contains(p.Text, right, t.Answer.WithinWords) ? 1.0 : 0),
                GenerationMetric.F1 => paths.Average(p => SquadAnswers.F1(p.Answer ?? "", right)),
                GenerationMetric.RougeL => paths.Average(p => RougeL.Score(p.Answer ?? "", right)),
                GenerationMetric.Bleu => 0, // computed over all items together
                _ => PassAtK.Of(paths.Length, paths.Count(p => IsRight(p.Answer)), metric.Samples!.Value),
            };
        }
        if (t.Chance is { } chance && GenerationMetric.Parse(t.Metrics[0]).Name is not GenerationMetric.Bleu and var own)
            scores[$"normalized_{own}"] = (scores[own] - chance) / (1 - chance);
        if (t.Metrics.Contains(GenerationMetric.ExactMatch) && (t.Answer.Trigger is not null || t.Answer.Kind == AnswerKind.Number))
        {
            scores[Strict] = paths.Average(p => IsRight(p.Strict) ? 1.0 : 0);
            scores[Flexible] = paths.Average(p => IsRight(p.Flexible) ? 1.0 : 0);
        }
        if (paths.All(p => p.Calls is not null))
            scores[CallRate] = paths.Average(p => p.Calls > 0 ? 1.0 : 0);
        if (options.Paths is > 1)
        {
            SampledPath[] sampled = [.. Sampled(paths)];
            var (majority, weighted) = (Answers.Vote.Majority(sampled), Answers.Vote.Weighted(sampled));
            (scores[Vote], scores[Agreement]) = (IsRight(majority.Answer) ? 1 : 0, majority.Agreement);
            if (paths.All(p => p.LogProbability is not null))
                scores[WeightedVote] = IsRight(weighted.Answer) ? 1 : 0;
            foreach (var m in Summary.VoteSizes(paths.Length))
                scores[$"{Vote}_{m}"] = Answers.Vote.Accuracy(sampled, m, IsRight, options.Seed);
        }
        return Empty(task, shots, item) with { Gold = string.Join(" | ", right), Paths = paths, Scores = scores };
    }

    /// <summary>The paths as input of a vote.</summary>
    static IEnumerable<SampledPath> Sampled(IEnumerable<PathResult> paths) =>
        paths.Select(p => new SampledPath(p.Answer, p.LogProbability ?? 0, Math.Max(1, p.Tokens ?? 1)));

    static double? Sum(double? a, double? b) => a is null ? null : a + (b ?? 0);

    static ItemResult Empty(LoadedTask task, int shots, PreparedItem item) => new()
    {
        Task = task.Task.Name,
        Shots = shots,
        Item = item.Asked.Item.Index,
        Place = item.Asked.Item.Place,
        Prompt = item.Prompt.Text,
        Gold = item.Asked.Gold ?? (item.Asked.Right >= 0 ? item.Asked.Choices[item.Asked.Right].Text : item.Asked.Target),
        Cut = item.Cut,
        Cluster = task.Task.Cluster is { } field
            ? item.Asked.Item.Text(field)
            ?? throw new TaskException(
            $"{task.Task.Name}, cluster: found no field '{field}' ({item.Asked.Item.Place}); its fields are "
            + $"{string.Join(", ", item.Asked.Item.Fields.Select(f => f.Key))}") : null,
    };

    static double Value(ChoiceResult c, ChoiceScore score) => score switch
    {
        ChoiceScore.PerToken => c.LogProbability / c.Tokens,
        ChoiceScore.PerCharacter => c.LogProbability / c.Characters,
        ChoiceScore.Unconditional => c.LogProbability - c.Unconditional!.Value,
        _ => c.LogProbability,
    };

    static string NameOf(ChoiceScore score) => score switch
    {
        ChoiceScore.PerToken => "per_token",
        ChoiceScore.PerCharacter => "per_character",
        ChoiceScore.Unconditional => "unconditional",
        _ => "sum",
    };
}
