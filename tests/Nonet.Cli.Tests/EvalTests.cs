using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Tensors.Cpu;

namespace Nonet.Cli.Tests;

/// <summary>eval on a run folder, on a fake endpoint, and on bad input.</summary>
public sealed class EvalTests(EvalTests.Fixture fixture) : IClassFixture<EvalTests.Fixture>
{
    public sealed class Fixture : IDisposable
    {
        internal TinyRun Run { get; } = new();

        public Fixture()
        {
            File.WriteAllText(Run["choices.yaml"], """
                kind: multiple_choice
                source: {test: items.jsonl}
                prompt: "{{ q }}"
                choices: ["a", "b"]
                gold: "{{ g }}"
                """);
            File.WriteAllText(Run["sums.yaml"], """
                kind: generation
                source: {test: items.jsonl}
                prompt: "{{ q }}"
                target: " {{ g }}"
                gold: "{{ g }}"
                answer: {kind: number, first: true}
                max_tokens: 4
                """);
            File.WriteAllLines(Run["items.jsonl"], Enumerable.Range(0, 6).Select(i => $$"""{"q": "n{{i}}", "g": {{i % 2}}}"""));
        }

        public void Dispose() => Run.Dispose();
    }

    readonly TinyRun run = fixture.Run;

    [Fact]
    public async Task Json_holds_the_figures_and_the_folder_every_request()
    {
        var outcome = await Program.Run("eval", run.Folder, "--tasks", $"{run["choices.yaml"]},{run["sums.yaml"]}", "--shots", "0,1", "--out", run["evals/a"],
            "--json");
        var results = outcome.Json.GetProperty("results").EnumerateArray().ToArray();
        Assert.All(results, r => Assert.Equal(6, r.GetProperty("items").GetInt32()));
        Assert.Equal([("choices", 0, "accuracy"), ("choices", 1, "accuracy")],
            results.Where(r => r.GetProperty("metric").GetString() == "accuracy")
            .Select(r => (r.GetProperty("task").GetString()!, r.GetProperty("shots").GetInt32(), r.GetProperty("metric").GetString()!)));
        Assert.All(results, r => Assert.InRange(r.GetProperty("value").GetDouble(), -1, 1));
        Assert.All(results, r => Assert.True(r.GetProperty("stderr").GetDouble() >= 0));
        var lines = File.ReadAllLines(outcome.Json.GetProperty("requests").GetString()!);
        Assert.Equal(24, lines.Length);
        Assert.All(lines, line => Assert.NotEqual("", JsonDocument.Parse(line).RootElement.GetProperty("prompt").GetString()));
        Assert.Contains("<svg", File.ReadAllText(run["evals/a/index.html"]), StringComparison.Ordinal);

        var again = await Program.Run("eval", run.Folder, "--tasks", run["choices.yaml"], "--shots", "0,1", "--out", run["evals/b"], "--json", "--threads",
            "1");
        Assert.Contains("results were there from an earlier run", again.Error, StringComparison.Ordinal);
        var afresh = await Program.Run("eval", run.Folder, "--tasks", run["choices.yaml"], "--shots", "0,1", "--out", run["evals/c"], "--json", "--no-cache");
        Assert.Equal(again.Json.GetProperty("results").GetRawText(), afresh.Json.GetProperty("results").GetRawText());

        var compared = await Program.Run("eval", "compare", run["evals/a"], run["evals/b"], "--out", run["compare.html"], "--json");
        Assert.All(compared.Json.GetProperty("results").EnumerateArray(), r =>
            Assert.Equal((0, 1), (r.GetProperty("difference").GetDouble(), r.GetProperty("p").GetDouble())));
        Assert.Contains("both ", File.ReadAllText(run["compare.html"]), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(run["compare.html"]), StringComparison.Ordinal); // the curve over shots, of both
    }

    [Fact]
    public async Task Scores_have_the_same_bits_whatever_is_computed_beside_them()
    {
        using var open = new LoadedModel(run.Folder, new CpuDevice(2));
        var requests = Enumerable.Range(0, 40)
            .Select(i => (Prompt: new ModelPrompt(null, [], $"{"the whale and the sea"[..(1 + i % 20)]}{i % 5}", ""),
            Continuation: $" {"swims"[..(1 + i % 5)]}")).ToArray();
        async Task<ContinuationScore[]> Scores(int atOnce)
        {
            using var model = new LocalModel(open, "m", atOnce: atOnce);
            var scores = new ContinuationScore[requests.Length];
            await model.Score([.. requests.Select(r => model.Encode(r.Prompt, [r.Continuation]).Single())], (i, score) =>
                scores[i] = score, TestContext.Current.CancellationToken);
            return scores;
        }
        var alone = await Scores(1);
        Assert.All(alone, score => Assert.True(score.LogProbability < 0));
        Assert.Equal(alone, await Scores(7));
        Assert.Equal(alone, await Scores(64));
    }

    [Fact]
    public async Task A_dry_run_shows_prompts_and_marks_the_scored_ids()
    {
        var outcome = await Program.Run("eval", run.Folder, "--tasks", run["choices.yaml"], "--shots", "1", "--limit", "1", "--dry-run", "--ids");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("* ⟦ a⟧", outcome.Out, StringComparison.Ordinal);
        Assert.Matches(@"256( \d+)+ \[32\] \[97\]", outcome.Out); // the start token once, and the blank is the choice's
        Assert.Equal(2, outcome.Out.Split("256").Length - 1);
        Assert.Equal(0, (await Program.Run("eval", "--tasks", "coin-flip-2:cot,words-anagrams1", "--dry-run", "--limit", "1")).ExitCode); // no model is needed
    }

    [Fact]
    public async Task The_list_names_tasks_their_files_and_how_to_get_them()
    {
        var outcome = await Program.Run("eval", "--list", "--data", run.Texts);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("gsm8k: found no reasoning/gsm8k/test.jsonl; looked for", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("grade-school-math", outcome.Out, StringComparison.Ordinal);
        Assert.True((await Program.Run("eval", "--list", "--json")).Json.GetProperty("tasks").GetArrayLength() > 30);
    }

    [Fact]
    public async Task Bad_input_is_named()
    {
        (await Program.Run("eval", run.Folder)).AssertRefused(2, "--tasks is missing");
        (await Program.Run("eval", "--tasks", run["choices.yaml"])).AssertRefused(2, "MODEL is missing");
        (await Program.Run("eval", run.Folder, "--tasks", "gsm9k")).AssertRefused(1, "gsm9k: found no such task", "the nearest is gsm8k");
        (await Program.Run("eval", run.Folder, "--tasks", "gsm8k", "--data", run["gone"])).AssertRefused(1, "gone: found no such folder");
        (await Program.Run("eval", run.Folder, "--tasks", "gsm8k", "--data", run.Texts)).AssertRefused(1, "found no reasoning/gsm8k/test.jsonl");
        (await Program.Run("eval", run.Folder, "--tasks", run["choices.yaml"], "--shots", "6"))
            .AssertRefused(1, "found 5 exemplars for 6 shots");
        (await Program.Run("eval", run.Folder, "--tasks", run["choices.yaml"], "--chat", "text", "--out", run["evals/x"]))
            .AssertRefused(1, "found no chat template");
        (await Program.Run("eval", "--tasks", run["choices.yaml"], "--concurrency", "2")).AssertRefused(2, "--concurrency is given without --endpoint");
        (await Program.Run("eval", run.Folder, "--tasks", run["choices.yaml"], "--out", run.Texts)).AssertRefused(1, "holds no evaluation");
    }

    [Fact]
    public async Task An_endpoint_is_asked_with_retries_and_a_limit_at_once()
    {
        using var endpoint = new FakeEndpoint((number, body) =>
            number % 3 == 1 ? (503, "busy") : FakeEndpoint.Says($" {body.GetProperty("messages")[0].GetProperty("content").GetString()![1] - '0'}\nmore"));
        var outcome = await Program.Run("eval", "--endpoint", endpoint.Address, "--api-model", "fake", "--tasks", run["sums.yaml"], "--concurrency", "2",
            "--out", run["evals/e"], "--json");
        Assert.Equal(2 / 6.0, outcome.Json.GetProperty("results")[0].GetProperty("value").GetDouble(), 12); // n0 is 0, n1 is 1
        Assert.Equal(9, endpoint.Requests); // 6 answers and 3 refusals
        Assert.InRange(endpoint.MostAtOnce, 1, 2);
        Assert.Contains("\"text\":\" 5\"", File.ReadAllText(run["evals/e/requests.jsonl"]), StringComparison.Ordinal); // cut at the stop text
    }

    [Fact]
    public async Task An_endpoint_that_fails_is_named_and_what_it_answered_is_kept()
    {
        string[] Command(FakeEndpoint endpoint, params string[] more) =>
            ["eval", "--endpoint", endpoint.Address, "--api-model", "fake", "--tasks", run["sums.yaml"], "--concurrency", "1", "--retries", "0", "--out",
            run["evals/f"], .. more];
        using var nonsense = new FakeEndpoint((number, _) => number < 4 ? FakeEndpoint.Says(" 1") : (200, "<html>hello</html>"));
        (await Program.Run(Command(nonsense))).AssertRefused(1, "answered '<html>hello</html>'", "choices[0].message.content", "the answers so far are kept");
        using var silent = new FakeEndpoint((_, _) => null);
        (await Program.Run(Command(silent, "--timeout", "0.2"))).AssertRefused(1, "no answer within 0.2 s");
        using var refusing = new FakeEndpoint((_, _) => (401, "no key"));
        (await Program.Run([.. Command(refusing), "--no-cache"])).AssertRefused(1, "answered 401: no key");
        Assert.Equal(1, refusing.Requests); // no retry helps
        Assert.Equal(4, nonsense.Requests);
        (await Program.Run("eval", "--endpoint", refusing.Address, "--api-model", "fake", "--tasks", run["choices.yaml"]))
            .AssertRefused(1, "needs the probabilities of tokens");
    }
}
