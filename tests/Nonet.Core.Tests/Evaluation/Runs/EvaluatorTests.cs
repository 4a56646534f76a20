using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;
using Nonet.Files;

namespace Nonet.Tests.Evaluation.Runs;

public sealed class EvaluatorTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly CancellationToken stopping = TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    LoadedTask Choices(params string[] lines) => Load(new EvaluationTask
    {
        Name = "choices",
        Kind = EvaluationKind.MultipleChoice,
        Source = new TaskSource { Test = "items.jsonl" },
        Prompt = "{{ q }}",
        ChoicesFrom = "c",
        Gold = "{{ g }}",
        UnconditionalPrompt = "U",
    }, lines);

    LoadedTask Sums(params string[] lines) => Load(new EvaluationTask
    {
        Name = "sums",
        Kind = EvaluationKind.Generation,
        Source = new TaskSource { Test = "items.jsonl" },
        Prompt = "Q: {{ q }}\nA:",
        Target = " {{ a }}",
        Gold = "{{ a }}",
        Answer = new AnswerOptions { Kind = AnswerKind.Number, Trigger = "The answer is" },
    }, lines);

    LoadedTask Load(EvaluationTask task, params string[] lines)
    {
        File.WriteAllLines(temporary["items.jsonl"], lines);
        return LoadedTask.Read(task, new TaskFolders(temporary.Path));
    }

    static double Value(TaskResult result, string metric) => result.Figures.First(f => f.Metric == metric).Estimate.Value;

    /// <summary>Of " aa" and " bbbb": the sum, the mean of tokens, the mean of characters and the ratio each choose on their own.</summary>
    [Theory]
    [InlineData(-3.0, -4.0, -2.0, -3.0, "accuracy_sum", 1)] // right is the first
    [InlineData(-3.0, -4.0, -2.0, -3.0, "accuracy_per_token", 0)] // -3 / 3 = -1 against -4 / 5 = -0.8
    [InlineData(-3.0, -4.0, -2.0, -3.0, "accuracy_per_character", 0)] // -3 / 2 = -1.5 against -4 / 4 = -1
    [InlineData(-3.0, -4.0, -2.0, -5.0, "accuracy_unconditional", 0)] // -3 + 2 = -1 against -4 + 5 = 1
    [InlineData(-3.0, -4.0, -2.0, -3.0, "accuracy_unconditional", 1)] // -1 against -1: of equal ones the first
    public async Task Choices_win_by_each_score(double first, double second, double firstAlone, double secondAlone, string metric, double accuracy)
    {
        var model = new TableModel
        {
            LogProbabilities = (context, continuation) =>
            {
                var sum = (context, continuation) switch { ("q", " aa") => first, ("q", _) => second, (_, " aa") => firstAlone, _ => secondAlone };
                return [.. continuation.Select(_ => sum / continuation.Length)];
            },
        };
        using var cache = new ResultCache(null, "m");
        var result = await new Evaluator(model, new EvaluationOptions(), cache)
            .Run(Choices("""{"q": "q", "c": ["aa", "bbbb"], "g": 0}"""), 0, stopping: stopping);
        Assert.Equal(accuracy, Value(result, metric));
        Assert.Equal(4, model.Asked);
    }

    [Fact]
    public async Task What_was_scored_before_an_interruption_is_not_scored_again()
    {
        string[] lines = [.. Enumerable.Range(0, 20).Select(i => $$"""{"q": "q{{i}}", "c": ["aa", "bb"], "g": "{{(i % 2 == 0 ? "A" : "bb")}}"}""")];
        var broken = new TableModel { BreaksAfter = 31 };
        using (var cache = new ResultCache(temporary["cache"], "m"))
            await Assert.ThrowsAsync<IOException>(() => new Evaluator(broken, new EvaluationOptions(), cache).Run(Choices(lines), 0, stopping: stopping));
        File.AppendAllText(temporary["cache/m.jsonl"], "{\"key\":\"half a li"); // the machine stopped within a line
        var whole = new TableModel();
        TaskResult resumed;
        using (var cache = new ResultCache(temporary["cache"], "m"))
            resumed = await new Evaluator(whole, new EvaluationOptions(), cache).Run(Choices(lines), 0, stopping: stopping);
        Assert.Equal(31, broken.Asked);
        Assert.Equal(20 * 2 + 2 - 31, whole.Asked); // the two unconditional ones are the same for every item
        using var fresh = new ResultCache(null, "m");
        var afresh = await new Evaluator(new TableModel(), new EvaluationOptions(), fresh).Run(Choices(lines), 0, stopping: stopping);
        Assert.Equal(afresh.Figures, resumed.Figures);
    }

    [Fact]
    public async Task Exemplars_are_cut_whole_and_counted_and_one_that_does_not_fit_is_named()
    {
        string[] lines = [.. Enumerable.Range(0, 8).Select(i => $$"""{"q": "{{new string((char)('a' + i), 20)}}", "a": {{i}}}""")];
        using var cache = new ResultCache(null, "m");
        var result = await new Evaluator(new TableModel(context: 100), new EvaluationOptions(), cache).Run(Sums(lines), 4, stopping: stopping);
        Assert.All(result.Items, item => Assert.Equal(2, item.Cut)); // 1 + 3 · 28 - 2 are 83 characters with two exemplars, 111 with three
        Assert.All(result.Items, item => Assert.Equal(3, item.Prompt.Split("Q: ").Length - 1));
        Assert.Contains("16 exemplars were left out", result.Notes[0], StringComparison.Ordinal);
        var narrow = new Evaluator(new TableModel(context: 40), new EvaluationOptions(), cache);
        var e = await Assert.ThrowsAsync<TaskException>(() => narrow.Run(Sums(lines), 1, stopping: stopping));
        Assert.Contains("the prompt with one exemplar takes", e.Message, StringComparison.Ordinal);
        Assert.Contains("line 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paths_are_voted_on_and_texts_without_an_answer_are_counted()
    {
        var (seen, gate) = (0, new Lock());
        var model = new TableModel
        {
            Text = (_, seed) =>
            {
                lock (gate)
                    return (seen++ % 5) switch { 0 => "I do not know", 1 => "The answer is 5.", _ => "The answer is 4." };
            },
        };
        using var cache = new ResultCache(null, "m");
        var result = await new Evaluator(model, new EvaluationOptions { Paths = 5 }, cache).Run(Sums("""{"q": "2 + 2", "a": 4}"""), 0, stopping: stopping);
        Assert.Equal([0.6, 1, 0.6], new[] { "exact_match", "vote", "agreement" }.Select(m => Value(result, m)));
        Assert.Equal([(1, 0.6), (5, 1.0)], result.Curve.Select(c => (c.Paths, c.Accuracy.Value)));
        Assert.Contains("1 of 5 texts have no readable answer", result.Notes[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Q: {{ q }} ", "{{ c }}", "ends in a blank")]
    [InlineData("Q: {{ q }}", "", "a continuation is empty")]
    [InlineData("Q: {{ questoin }}", "{{ c }}", "found 'questoin', which has no value")]
    public async Task A_prompt_that_cannot_be_scored_is_named(string prompt, string target, string message)
    {
        var task = Load(new EvaluationTask
        {
            Name = "bad",
            Kind = EvaluationKind.LogLikelihood,
            Source = new TaskSource { Test = "items.jsonl" },
            Prompt = prompt,
            Target = target
        }, """{"q": "x", "c": "y"}""");
        using var cache = new ResultCache(null, "m");
        var e = await Assert.ThrowsAsync<TaskException>(() => new Evaluator(new TableModel(), new EvaluationOptions(), cache).Run(task, 0, stopping: stopping));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("line 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_runs_are_compared_item_by_item()
    {
        string[] lines = [.. Enumerable.Range(0, 12).Select(i => $$"""{"q": "{{i}}", "a": {{i % 4}}}""")];
        async Task<EvaluationFolder> Run(string name, Func<string, ulong, string> text)
        {
            using var cache = new ResultCache(null, "m");
            var result = await new Evaluator(new TableModel { Text = text }, new EvaluationOptions(), cache).Run(Sums(lines), 0, stopping: stopping);
            var folder = EvaluationFolder.Begin(temporary[name], new EvaluationInfo { Model = name, Digest = name, Chat = "off", Seed = 1 });
            folder.Add(result);
            folder.Finish([result]);
            return EvaluationFolder.Open(temporary[name]);
        }
        var figures = EvaluationComparison.Of(await Run("a", (_, _) => "The answer is 1."),
            await Run("b", (prompt, _) => $"The answer is {int.Parse(prompt[3..^3]) % 4}."));
        var exact = figures.First(f => f.Metric == "exact_match");
        Assert.Equal((0.25, 1.0, 0.75, 9), (exact.A, exact.B, exact.Test.Difference, exact.Test.OnlyB));
        Assert.Equal(2 / 512.0, exact.Test.PValue, 12);
        File.WriteAllText(temporary["a/requests.jsonl"], "{\"task\": 3}\n");
        Assert.Contains("line 1", Assert.Throws<MalformedFileException>(() => EvaluationFolder.Open(temporary["a"]).Items().ToArray()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Items_that_a_corpus_holds_are_found()
    {
        var words = string.Join(' ', Enumerable.Range(0, 20).Select(i => $"word{i}"));
        var task = Sums($$"""{"q": "{{words}}", "a": 1}""", """{"q": "too short", "a": 2}""",
            $$"""{"q": "{{words.Replace("word7", "other", StringComparison.Ordinal).Replace("word13", "other", StringComparison.Ordinal)}}", "a": 3}""");
        var result = Assert.Single(
            Contamination.Search([task], ["nothing here", $"Before. WORD2, word3; {string.Join(' ', words.Split(' ')[4..18])} after"], stopping));
        Assert.Equal((2, 1, 1), (result.Items, result.Short, result.Hits.Count));
        Assert.Equal(("items.jsonl, line 1", string.Join(' ', words.Split(' ')[2..15])), result.Hits[0]);
    }
}
