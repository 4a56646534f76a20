using Nonet.Evaluation.Models;
using Nonet.Evaluation.Tasks;

namespace Nonet.Evaluation.Runs;

/// <summary>Progress of an evaluation.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Shots">Number of exemplars per prompt.</param>
/// <param name="Done">Number of answered requests, including cached ones.</param>
/// <param name="Requests">Number of all requests.</param>
public readonly record struct EvaluationProgress(string Task, int Shots, int Done, int Requests);

/// <summary>Evaluates a model on tasks. Equal requests are computed once, and cached results are not computed again.</summary>
/// <param name="model">The model.</param>
/// <param name="options">Limit, seed, paths.</param>
/// <param name="cache">Cached results of this model.</param>
public sealed class Evaluator(ITextModel model, EvaluationOptions options, ResultCache cache)
{
    /// <summary>Evaluates the model on a task with <paramref name="shots"/> exemplars per prompt.</summary>
    public async Task<TaskResult> Run(LoadedTask task, int shots, IProgress<EvaluationProgress>? progress = null, CancellationToken stopping = default)
    {
        var preparation = new Preparation(model, task, shots, options);
        var items = preparation.Items().ToArray();
        if (items.Length == 0)
            throw new TaskException(
                $"{task.Task.Name}: none of its {task.Items.Count} items fits the context of {model.Name}; expected a smaller --shots, or a model of a "
                + $"longer context");
        var results = task.Task.Kind == EvaluationKind.Generation ? await Generate(task, shots, items, progress, stopping).ConfigureAwait(false)
            : await Score(task, shots, items, progress, stopping).ConfigureAwait(false);
        return Summary.Of(task, shots, results, options, [.. Notes(preparation)]);
    }

    static IEnumerable<string> Notes(Preparation preparation)
    {
        if (preparation.Cut > 0)
            yield return $"{preparation.Cut} exemplars were left out because the context has no room for them";
        if (preparation.Equal > 0)
            yield return $"{preparation.Equal} exemplars were left out because they ask the same as their item";
        if (preparation.TooLong > 0)
            yield return $"{preparation.TooLong} items were left out because their prompt does not fit the context";
    }

    async Task<IReadOnlyList<ItemResult>> Score(LoadedTask task, int shots, PreparedItem[] items, IProgress<EvaluationProgress>? progress,
        CancellationToken stopping)
    {
        var wanted = new Dictionary<string, EncodedRequest>(StringComparer.Ordinal);
        var answers = new Dictionary<string, ContinuationScore>(StringComparer.Ordinal);
        string Want(EncodedRequest request)
        {
            var key = cache.Key(task.Task.Name, request);
            if (!answers.ContainsKey(key) && !wanted.ContainsKey(key))
            {
                if (cache.TryGet(key, out ContinuationScore known))
                    answers.Add(key, known);
                else
                    wanted.Add(key, request);
            }
            return key;
        }
        var keys = items.Select(i => (
            Scored: i.Scored.Select(s => (Want(s.Request), s.Unconditional is { } u ? Want(u) : null)).ToArray(),
            Windows: i.Windows.Select(Want).ToArray())).ToArray();
        var all = answers.Count + wanted.Count;
        // requests with the same prefix are neighbours, so that it is computed once
        var order = wanted.OrderBy(w => w.Value.Context, Ids.Order).ThenBy(w => w.Value.Continuation, Ids.Order).ToArray();
        await ((IScoringModel)model).Score([.. order.Select(w => w.Value)], (i, score) =>
        {
            if (!double.IsFinite(score.LogProbability))
                throw new InvalidDataException(
                    $"{model.Name}: the log-probability of a continuation is {score.LogProbability}; expected a finite one: the weights are damaged, or too "
                    + $"large to compute with");
            answers.Add(order[i].Key, score);
            cache.Add(order[i].Key, score);
            progress?.Report(new EvaluationProgress(task.Task.Name, shots, answers.Count, all));
        }, stopping).ConfigureAwait(false);
        return [.. items.Select((item, i) =>
            ItemScores.OfScores(task, shots, item, keys[i].Scored.Select(k => (answers[k.Item1], k.Item2 is { } u ? answers[u] : (ContinuationScore?)null)),
            keys[i].Windows.Select(k => answers[k])))];
    }

    async Task<IReadOnlyList<ItemResult>> Generate(LoadedTask task, int shots, PreparedItem[] items, IProgress<EvaluationProgress>? progress,
        CancellationToken stopping)
    {
        var (paths, t) = (options.Paths ?? 1, task.Task);
        foreach (var metric in t.Metrics.Select(GenerationMetric.Parse))
        {
            if (metric.Samples > paths)
                throw new TaskException(
                    $"{t.Name}: {metric.Name} needs {metric.Samples} samples of an item, and --paths is {(options.Paths is { } p ? p : "not given")}");
        }
        var total = items.Length * paths * (t.SecondPrompt is null ? 1 : 2);
        var requests = (from i in items from p in Enumerable.Range(0, paths) select Request(t, i, p)).ToArray();
        var texts = await Write(t, shots, requests, 0, total, progress, stopping).ConfigureAwait(false);
        if (t.SecondPrompt is { } second)
        {
            requests = [.. requests.Select((r, k) =>
                r with { Prompt = r.Prompt with { Question = r.Prompt.Question + texts[k].Text + second }, MaxTokens = t.SecondMaxTokens })];
            var answers = await Write(t, shots, requests, texts.Length, total, progress, stopping).ConfigureAwait(false);
            return [.. items.Select((item, i) =>
                ItemScores.OfTexts(task, shots, item, texts[(i * paths)..((i + 1) * paths)], answers[(i * paths)..((i + 1) * paths)], options))];
        }
        return [.. items.Select((item, i) => ItemScores.OfTexts(task, shots, item, texts[(i * paths)..((i + 1) * paths)], null, options))];
    }

    TextRequest Request(EvaluationTask task, PreparedItem item, int path) => new(item.Prompt, task.Stop, task.MaxTokens,
        options.Paths is null ? 0 : options.Temperature, options.Paths is null ? null : options.TopK,
            Tensors.Philox.Word(new Tensors.RandomKey(options.Seed, (uint)item.Asked.Item.Index, 0).At("paths"), (ulong)path))
    {
        ToolsOff = options.ToolsOff ?? task.ToolsOff,
        Today = item.Today,
    };

    async Task<WrittenText[]> Write(EvaluationTask task, int shots, TextRequest[] requests, int before, int total, IProgress<EvaluationProgress>? progress,
        CancellationToken stopping)
    {
        var texts = new WrittenText?[requests.Length];
        var wanted = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var done = before;
        for (var i = 0; i < requests.Length; i++)
        {
            var key = cache.Key(task.Name, requests[i],
                $"{model.Chat}\0{string.Join('\0', requests[i].Prompt.Messages(model.Chat).Select(m => $"{m.Role}\0{m.Content}"))}");
            if (cache.TryGet(key, out WrittenText? known))
                (texts[i], done) = (known, done + 1);
            else if (wanted.TryGetValue(key, out var same))
                same.Add(i);
            else
                wanted.Add(key, [i]);
        }
        var order = wanted.OrderByDescending(w => requests[w.Value[0]].Prompt.Text.Length).ThenBy(w => requests[w.Value[0]].Prompt.Text, StringComparer.Ordinal)
            .ToArray();
        await model.Write([.. order.Select(w => requests[w.Value[0]])], (i, text) =>
        {
            foreach (var k in order[i].Value)
                texts[k] = text;
            done += order[i].Value.Count;
            if (text.IsRepeatable)
                cache.Add(order[i].Key, text);
            progress?.Report(new EvaluationProgress(task.Name, shots, done, total));
        }, stopping).ConfigureAwait(false);
        return texts!;
    }

    /// <summary>Lexicographic order of ids, which makes requests with a common prefix neighbours.</summary>
    sealed class Ids : IComparer<int[]>
    {
        public static Ids Order { get; } = new();

        public int Compare(int[]? x, int[]? y)
        {
            var shared = x.AsSpan().CommonPrefixLength(y); // vectorised, because most requests share a long prefix
            return shared < Math.Min(x!.Length, y!.Length) ? x[shared].CompareTo(y[shared]) : x.Length.CompareTo(y.Length);
        }
    }
}
