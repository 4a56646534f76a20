using System.Text.Json;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.Cli.Tests;

public sealed class WinRateTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public WinRateTests()
    {
        ModelConfig config = new LlamaConfig { Vocab = 257, Context = 64, Layers = 1, Width = 16, Heads = 2, KvHeads = 2, HeadWidth = 8, Hidden = 32 };
        RandomModel.Save(folder["a"], config, seed: 1);
        RandomModel.Save(folder["b"], config, seed: 2);
        RandomModel.Save(folder["reward"],
            config.WithTask(new TaskHead { Kind = ModelHead.SequenceClassification, Labels = ["reward"], Problem = LabelProblem.Regression }));
        folder.Add("prompts.jsonl", string.Concat(Enumerable.Range(0, 12).Select(i => $$"""{"prompt":"{{i}} <b>","answer":"x"}""" + "\n")));
    }

    public void Dispose() => folder.Dispose();

    string[] Command(params string[] more) => ["winrate", folder["a"], folder["b"], folder["prompts.jsonl"], "--max-tokens", "8", .. more];

    [Fact]
    public async Task Models_are_compared_by_a_reward_model_by_words_and_by_answers_and_a_page_shows_them()
    {
        var (code, output, _) = await Program.Run(Command("--reward", folder["reward"], "--words", "a", "--answers", "--json", "--out", folder["page.html"]));
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(12, json.RootElement.GetProperty("prompts").GetInt32());
        var measures = json.RootElement.GetProperty("measures").EnumerateArray().ToArray();
        Assert.Equal([folder["reward"], "words", "answers"], measures.Select(m => m.GetProperty("by").GetString()));
        Assert.All(measures, m => Assert.Equal(12, m.GetProperty("wins").GetInt32() + m.GetProperty("ties").GetInt32() + m.GetProperty("losses").GetInt32()));
        Assert.Equal(0.5, measures[2].GetProperty("rate").GetDouble()); // random models never give the expected answer
        var page = File.ReadAllText(folder["page.html"]);
        Assert.Contains("0 &lt;b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("0 <b>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_best_of_several_by_a_reward_model_wins_by_that_model()
    {
        string[] same = ["winrate", folder["a"], folder["a"], folder["prompts.jsonl"], "--max-tokens", "8", "--best-of", "16", "--select", folder["reward"],
            "--reward", folder["reward"], "--json"];
        using var json = JsonDocument.Parse((await Program.Run(same)).Out);
        Assert.InRange(json.RootElement.GetProperty("measures")[0].GetProperty("rate").GetDouble(), 0.75, 1);
    }

    [Fact]
    public async Task A_judge_at_an_endpoint_sees_both_orders()
    {
        using var endpoint = new FakeEndpoint((_, _) => FakeEndpoint.Says("A"));
        var (code, output, _) = await Program.Run(Command("--endpoint", endpoint.Address, "--api-model", "judge"));
        Assert.Equal(0, code);
        Assert.Equal(24, endpoint.Requests);
        Assert.Contains("wins 50.0 % of 12 prompts", output, StringComparison.Ordinal);
        Assert.Contains("0 % the same with positions swapped", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_rewarded()
    {
        using var json = JsonDocument.Parse((await Program.Run("reward", folder["reward"], "p", "one", "two", "--json")).Out);
        double[] rewards = [.. json.RootElement.GetProperty("rewards").EnumerateArray().Select(r => r.GetDouble())];
        Assert.Equal(2, rewards.Distinct().Count());
        Assert.Contains("  two\n", (await Program.Run("reward", folder["reward"], "p", "one", "two")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing to compare by")]
    [InlineData("--best-of and --select belong together", "--best-of", "4")]
    [InlineData("has no output layer of a task", "--reward", "a")]
    public async Task What_is_missing_is_named(string expected, params string[] more)
    {
        var (code, _, error) = await Program.Run(Command([.. more.Select(m => m == "a" ? folder["a"] : m)]));
        Assert.NotEqual(0, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_and_reward_read_the_ids_that_training_reads()
    {
        File.WriteAllText(folder["reward/reward.json"], """{"gain":2,"bias":1}""");
        var (prompt, answer) = ("p3 ", "abc");
        var shown = (await Program.Run("reward", folder["reward"], prompt, answer, "--json")).Json.GetProperty("rewards")[0].GetDouble();
        var label = (await Program.Run("classify", folder["reward"], prompt, answer, "--json")).Json.GetProperty("labels")[0];
        Assert.Equal(shown, label.GetProperty("score").GetDouble());
        Assert.Equal("reward", label.GetProperty("label").GetString());

        using var device = new CpuDevice(1);
        using var open = new LoadedModel(folder["reward"], device);
        var model = (TaskDecoder)open.Task;
        using var scope = new TensorScope();
        int[] ids = [.. "p3 abc".Select(c => (int)c), 256]; // with the end token, at which training reads the reward
        Assert.Equal(2 * HostLoss.Read(model.Outputs(model.Forward(Batch.Of(device, ids))))[^1] + 1, shown, 1e-6);
        (await Program.Run("classify", folder["reward"], "one text")).AssertRefused(2, "expected a prompt and an answer");
    }
}
