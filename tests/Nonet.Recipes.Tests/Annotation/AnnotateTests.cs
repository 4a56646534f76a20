using System.Text.Json;
using Nonet.Files;
using Nonet.Recipes.Annotation;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors.Cpu;
using Nonet.ToolUse.Annotation;

namespace Nonet.Recipes.Tests.Annotation;

/// <summary>Annotations by a tiny seeded model, from the recipe to the texts.</summary>
public sealed class AnnotateTests : IClassFixture<SeededModel>, IDisposable
{
    sealed class Told(Action<RunEvent> told) : IProgress<RunEvent>
    {
        public void Report(RunEvent value) => told(value);
    }

    readonly TemporaryFolder folder = new();
    readonly SeededModel model;

    public AnnotateTests(SeededModel model)
    {
        this.model = model;
        string[] texts = ["Two and two is 4.", "One and six is 7.", "It was a dark and stormy night.", "Two and two is 5.", "One and six is 7."];
        folder.Add("texts.jsonl", string.Concat(texts.Select(t => $$"""{"text": "{{t}}", "date": "2023-01-30"}""" + "\n")));
        folder.Add("a.yaml", $"""
            model: {model.Path}
            data: {"{path: " + folder["texts.jsonl"] + "}"}
            tools:
              - {"{kind: calculator, prompt: " + model.NoPrompt + ", choose: all, sample_threshold: 0.05, positions: 3, calls: 4, threshold: -100}"}
              - {"{kind: calendar, prompt: " + model.NoPrompt + ", sample_threshold: 0.05, positions: 3, calls: 2}"}
            sampling: {"{call_tokens: 30, at_once: 2}"}
            shard: 2
            """);
    }

    public void Dispose() => folder.Dispose();

    AnnotateResult Make(string name, bool resume = false, IProgress<RunEvent>? progress = null, CancellationToken? stopping = null, params string[] set) =>
        Annotate.Run(AnnotateRecipe.Load(folder["a.yaml"], set), new CpuDevice(1), folder[name], resume, progress,
            stopping ?? TestContext.Current.CancellationToken);

    /// <summary>The files that a run is for, and their bytes.</summary>
    Dictionary<string, string> Files(string name) => Directory.GetFiles(folder[name], "*.json*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(folder[name], f), File.ReadAllText);

    JsonElement[] Lines(string file) => [.. File.ReadLines(file).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public void Texts_are_written_with_calls_and_without_and_every_sample_with_its_losses()
    {
        var result = Make("a");
        Assert.Equal((false, 5), (result.Interrupted, result.Texts));
        var (calculator, calendar) = (result.Funnels[0], result.Funnels[1]);
        Assert.Equal((5, 5), (calculator.Texts, calculator.Chosen));
        Assert.True(calculator.Answered > 0, $"{calculator}");
        var texts = Lines(result.TextsFile);
        Assert.Equal(calculator.Examples, texts.Length);
        Assert.NotEmpty(texts);
        Assert.All(texts, t => Assert.Equal(t.GetProperty("plain").GetString(), new ToolUse.Calls.CallReader().Remove(t.GetProperty("text").GetString()!)));
        Assert.All(texts, t => Assert.Contains("[Calculator(", t.GetProperty("text").GetString(), StringComparison.Ordinal));
        var candidates = Lines(result.CandidatesFile);
        Assert.Equal(calculator.Sampled + calendar.Sampled, candidates.Sum(c => c.GetProperty("count").GetInt64()));
        var scored = candidates.Where(c => c.TryGetProperty("gain", out _)).ToArray();
        Assert.Equal(calculator.Answered, scored.Length);
        Assert.All(scored, c => Assert.Equal(c.GetProperty("gain").GetDouble(),
            Math.Min(c.GetProperty("without_call").GetDouble(), c.GetProperty("without_result").GetDouble()) - c.GetProperty("with_result").GetDouble(), 1e-9));
        Assert.Equal(calculator.Inserted, scored.Count(c => c.GetProperty("inserted").GetBoolean()));
        // the model knows no calendar: the report says where its calls end, and shows what was sampled
        Assert.Equal(FunnelStage.Parsed, calendar.Blocked);
        var page = File.ReadAllText(result.Page);
        Assert.Contains("Calendar: None of", page, StringComparison.Ordinal);
        Assert.Contains("Calculator(", page, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(File.ReadAllText(Path.Combine(result.Folder, "funnel.json"))).RootElement.GetArrayLength());
    }

    [Fact]
    public void A_run_that_was_stopped_resumes_with_the_same_bytes()
    {
        Make("a");
        using var stop = new CancellationTokenSource();
        var stopped = Make("b", progress: new Told(e =>
        {
            if (e is TextAnnotated { Done: 3 })
                stop.Cancel();
        }), stopping: stop.Token);
        Assert.True(stopped.Interrupted);
        var shards = Directory.GetFiles(folder["b/shards"]).Length;
        Assert.InRange(shards, 1, 2); // of three, with two texts each: the text that was being annotated may end the second
        Assert.False(File.Exists(folder["b/texts.jsonl"]));
        var first = File.GetLastWriteTimeUtc(folder["b/shards/00000.jsonl"]);
        var resumed = new List<int>();
        Make("b", resume: true, new Told(e => resumed.Add(((TextAnnotated)e).Done)), null, "sampling.at_once=5");
        Assert.Equal(Enumerable.Range(2 * shards + 1, 5 - 2 * shards), resumed);
        Assert.Equal(first, File.GetLastWriteTimeUtc(folder["b/shards/00000.jsonl"]));
        Assert.Equal(Files("a"), Files("b"));
        Make("c", set: "shard=100");
        Assert.Equal(File.ReadAllText(folder["a/candidates.jsonl"]), File.ReadAllText(folder["c/candidates.jsonl"])); // shards do not show in it
    }

    [Fact]
    public void A_finished_run_is_filtered_again_by_other_thresholds_and_refuses_other_settings()
    {
        Make("a");
        var shards = Files("a").Where(f => f.Key.StartsWith("shards", StringComparison.Ordinal)).ToDictionary();
        var resumed = Make("a", resume: true, new Told(_ => Assert.Fail("nothing is annotated again")), null, "tools.0.threshold=1000", "thresholds=[-5]");
        Assert.Equal(FunnelStage.Kept, resumed.Funnels[0].Blocked);
        Assert.Equal([-5, 1000], resumed.Funnels[0].Kept.Select(k => k.Threshold));
        Assert.Empty(File.ReadLines(resumed.TextsFile));
        Assert.Equal(shards, Files("a").Where(f => f.Key.StartsWith("shards", StringComparison.Ordinal)).ToDictionary());
        Assert.Contains("sampling.seed", Assert.Throws<RunFolderException>(() => Make("a", true, null, null, "sampling.seed=2")).Message,
            StringComparison.Ordinal);
        Assert.Contains("of another annotation", Assert.Throws<RunFolderException>(() => Make("a")).Message, StringComparison.Ordinal);
        Assert.Contains("no annotation to resume", Assert.Throws<RunFolderException>(() => Make("none", true)).Message, StringComparison.Ordinal);
        File.AppendAllText(folder["texts.jsonl"], """{"text": "One more."}""" + "\n");
        Assert.Contains("00002.jsonl", Assert.Throws<MalformedFileException>(() => Make("a", true, null, null, "tools.0.threshold=1000")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Most_examples_of_a_tool_are_the_first_ones()
    {
        var all = Lines(Make("a").TextsFile);
        var one = Lines(Make("b", set: "examples=1").TextsFile);
        Assert.True(all.Length > 1);
        Assert.Equal(all[0].GetRawText(), Assert.Single(one).GetRawText());
    }

    [Theory]
    [InlineData("tools=[]", "tools is empty")]
    [InlineData("tools=[{kind: hammer}]", "calculator, calendar, search, question, translation or http")]
    [InlineData("tools=[{kind: http, name: Stock, address: \"ftp://x\"}]", "tools.0.prompt")]
    [InlineData("tools=[{kind: search, index: none}]", "search index that exists")]
    [InlineData("tools=[{kind: calculator, positions: 0}]", "tools.0.positions")]
    [InlineData("data.path=none", "data.path")]
    [InlineData("data.documents=separator", "data.separator")]
    public void A_recipe_that_cannot_be_used_is_refused(string set, string says) =>
        Assert.Contains(says, Assert.Throws<RecipeException>(() => AnnotateRecipe.Load(folder["a.yaml"], set)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_cannot_begin_leaves_no_folder()
    {
        Assert.Contains("context is 128", Assert.Throws<ArgumentException>(() => Make("a", set: "data.tokens=100")).Message, StringComparison.Ordinal);
        Assert.Contains("none", Assert.Throws<DirectoryNotFoundException>(() => Make("a", set: "model=none")).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["a"]));
    }

    [Theory, InlineData("annotate.yaml")]
    public void The_recipe_of_the_repository_is_read(string file)
    {
        var recipe = AnnotateRecipe.Load(Path.Combine(RecipeFilesTests.Repository, "recipes", "tools", file), $"data.path={folder["texts.jsonl"]}");
        Assert.Equal(2, recipe.Tools.Count);
        folder.Add("again.yaml", recipe.ToYaml());
        Assert.Equal(recipe.ToYaml(), AnnotateRecipe.Load(folder["again.yaml"]).ToYaml());
    }

    [Fact]
    public void The_texts_train_a_model_with_calls_and_without()
    {
        var texts = Make("a").TextsFile;
        foreach (var field in new[] { "text", "plain" })
        {
            var recipe = TrainingRecipe.Load(Path.Combine(RecipeFilesTests.Repository, "recipes", "tools", "tune.yaml"), $"from={model.Path}",
                $"data.path={texts}", $"data.field={field}", "data.validation=0.3", "training.length=8", "training.steps=3", "training.warmup=1",
                "training.batch=1", "training.accumulate=1");
            Assert.Equal(3, Texts.Train(recipe, folder[field]).Step);
        }
    }
}
