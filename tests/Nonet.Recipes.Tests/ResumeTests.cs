using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests;

/// <summary>Going on with a run: by its own recipe, and to more steps.</summary>
public sealed class ResumeTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public ResumeTests() => TextFiles.Write(folder["texts"]);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    Recipe Tiny(params string[] overrides) => Texts.Tiny(folder["texts"], overrides);

    TrainingResult Resume(string run, Watching? watching, params string[] overrides) =>
        TrainRecipe.Resume(folder[run], overrides, new CpuDevice(1), threads: 1, progress: watching, stopping: watching?.Stopping ?? Cancel);

    static double[] Rates(Watching watching) => [.. watching.Events.OfType<StepDone>().Select(s => s.LearningRate)];

    [Fact]
    public void A_run_is_resumed_by_its_own_recipe()
    {
        using (var watching = new Watching(stopAfter: 3))
            Assert.True(Texts.Train(Tiny("training.steps=8", "training.batch=3"), folder["run"], progress: watching, stopping: watching.Stopping).Interrupted);
        using var told = new Watching();
        Assert.Equal(8, Resume("run", told, "training.batch=3", "run.keep=5").Step);
        Assert.Equal($"{folder["run"]}, from step 3 of 8", Assert.Single(told.Of("resumed")));
        Assert.Contains("keep: 5", File.ReadAllText(folder["run/recipe.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_not_differ_is_named_with_what_to_do()
    {
        Texts.Train(Tiny("training.steps=2"), folder["run"]);
        var error = Assert.Throws<RunFolderException>(() => Resume("run", null, "training.batch=5", "training.steps=4")).Message;
        Assert.Contains("training.batch: 2 in the run, 5 now", error, StringComparison.Ordinal);
        Assert.DoesNotContain("training.steps: ", error, StringComparison.Ordinal);
        Assert.Contains("start a new run without --resume", error, StringComparison.Ordinal);
        error = Assert.Throws<RunFolderException>(() => Resume("run", null, "training.steps=1")).Message;
        Assert.Contains("the run is at step 2 of 2, and training.steps is 1", error, StringComparison.Ordinal);
        Assert.Equal(2, Resume("run", null).Step); // neither is left in the folder
    }

    [Fact]
    public void An_option_that_was_added_after_a_run_began_has_its_default_there()
    {
        var checkpoint = Texts.Train(Tiny("training.steps=2"), folder["run"]).Checkpoint;
        foreach (var (file, options) in new[] { (folder["run/run.json"], "options"), (Path.Combine(checkpoint, "training.json"), "options") })
        {
            var json = JsonNode.Parse(File.ReadAllText(file))!;
            foreach (var path in new[] { "ema_decay", "clip", "adamw.folded_epsilon", "model.attention_bias", "text.train_bytes" })
            {
                var names = path.Split('.');
                var at = (JsonObject)names[..^1].Aggregate(json[options], (node, name) => node![name])!;
                Assert.True(at.Remove(names[^1]), path);
            }
            File.WriteAllText(file, json.ToJsonString());
        }
        var sums = Path.Combine(checkpoint, "SHA256SUMS");
        var sum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(checkpoint, "training.json"))));
        File.WriteAllLines(sums,
            File.ReadAllLines(sums).Select(line => line.EndsWith("training.json", StringComparison.Ordinal) ? $"{sum}  training.json" : line));
        var recipe = folder["run/recipe.yaml"];
        File.WriteAllLines(recipe, File.ReadAllLines(recipe).Where(line => !line.TrimStart().StartsWith("ema_decay:", StringComparison.Ordinal)
            && !line.TrimStart().StartsWith("folded_epsilon:", StringComparison.Ordinal)));
        var error = Assert.Throws<RunFolderException>(() => Resume("run", null, "training.ema_decay=0.9")).Message;
        Assert.Contains("training.ema_decay: null in the run, 0.9 now", error, StringComparison.Ordinal);
        File.WriteAllText(recipe, File.ReadAllText(recipe).Replace("clip: 1", "clip: 0.5", StringComparison.Ordinal)); // not the default
        Assert.Contains("clip: 1 in the run, 0.5 now", Assert.Throws<RunFolderException>(() => Resume("run", null)).Message, StringComparison.Ordinal);
        File.WriteAllText(recipe, File.ReadAllText(recipe).Replace("clip: 0.5", "clip: 1", StringComparison.Ordinal));
        Assert.Equal(4, Resume("run", null, "training.steps=4").Step);
        Assert.Contains("\"folded_epsilon\"", File.ReadAllText(folder["run/run.json"]), StringComparison.Ordinal); // recorded from now on
    }

    [Theory]
    [InlineData("constant", 10, null)]
    [InlineData("inverse_sqrt", 10, null)]
    [InlineData("wsd", 10, 6)] // stopped before the rate falls
    public void A_longer_run_of_a_schedule_that_does_not_know_its_end_is_as_if_it_had_always_been_as_long(string schedule, int steps, int? stopAfter)
    {
        string[] same = [$"training.schedule={schedule}", "training.evaluate_every=5"];
        var straight = Texts.Train(Tiny([.. same, "training.steps=20"]), folder["straight"]);
        using (var watching = new Watching(stopAfter))
            Texts.Train(Tiny([.. same, $"training.steps={steps}"]), folder["longer"], progress: watching, stopping: watching.Stopping);
        Assert.Equal(RunFiles.Hashes(straight.Checkpoint), RunFiles.Hashes(Resume("longer", null, "training.steps=20").Checkpoint));
    }

    [Theory]
    [InlineData("cosine")]
    [InlineData("linear")]
    public void A_finished_run_goes_on_and_its_rate_joins_the_longer_schedule_over_the_warm_up(string schedule)
    {
        string[] same = [$"training.schedule={schedule}", "training.warmup=4", "training.floor=0.1", "training.learning_rate=0.01"];
        Texts.Train(Tiny([.. same, "training.steps=10"]), folder["run"]);
        Assert.Equal(RunState.Finished, RunStatus.Read(folder["run"])!.State);
        var longer = Tiny([.. same, "training.steps=20"]).Training.Rates;
        double[] expected = [.. Enumerable.Range(11, 10).Select(step => step >= 14 ? longer.At(step) : 0.001 + (longer.At(step) - 0.001) * (step - 10) / 4)];
        using (var stopped = new Watching(stopAfter: 12))
        {
            Assert.True(Resume("run", stopped, "training.steps=20").Interrupted);
            Assert.Equal(expected[..2], Rates(stopped), (a, b) => Math.Abs(a - b) < 1e-15);
            Assert.Contains("from 10 to 20 steps; the learning rate moves from 1.0e-3 to the schedule of 20 steps over 4 updates",
                Assert.Single(stopped.Of("extended")), StringComparison.Ordinal);
        }
        using var watching = new Watching(); // stopped again, it goes on by the rates it had begun with
        Assert.Equal(20, Resume("run", watching).Step);
        Assert.Empty(watching.Of("extended"));
        Assert.Equal(expected[2..], Rates(watching), (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal(0.001, Rates(watching)[^1], 12);
        Assert.Equal(new RunStatus(RunState.Finished, 20, 20, null), RunStatus.Read(folder["run"]));
        Assert.Equal(Enumerable.Range(1, 20), RunFolder.HistoryOf(folder["run"]).Steps.Select(s => s.Step).Distinct());
    }

    [Fact]
    public void A_recipe_file_that_has_changed_is_named_by_its_keys()
    {
        var file = folder.Add("r.yaml", $"""
            model: {"{kind: llama, layers: 1, width: 16, heads: 2, context: 16, hidden: 32}"}
            data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
            training: {"{steps: 30, batch: 2, warmup: 2}"}
            """);
        TrainRecipe.Run(TrainingRecipe.Load(file, "training.steps=2"), new CpuDevice(1), folder["run"], threads: 1, stopping: Cancel,
            source: File.ReadAllText(file));
        Assert.Equal(2, TrainRecipe.Resume(folder["run"], [], new CpuDevice(1), file, threads: 1, stopping: Cancel).Step);
        File.WriteAllText(file, File.ReadAllText(file).Replace("batch: 2", "batch: 4", StringComparison.Ordinal));
        var error = Assert.Throws<RunFolderException>(() => TrainRecipe.Resume(folder["run"], [], new CpuDevice(1), file, threads: 1, stopping: Cancel))
            .Message;
        Assert.Contains($"{file} has changed since the run in {folder["run"]} was started:\n  training.batch: 2 then, 4 now", error, StringComparison.Ordinal);
        Assert.Contains($"resume the run with its own recipe ({folder["run/recipe.yaml"]})", error, StringComparison.Ordinal);
        File.WriteAllText(file,
            File.ReadAllText(file).Replace("batch: 4", "batch: 2", StringComparison.Ordinal).Replace("steps: 30", "steps: 4", StringComparison.Ordinal));
        Assert.Contains("training.steps: 30 then, 4 now",
            Assert.Throws<RunFolderException>(() => TrainRecipe.Resume(folder["run"], [], new CpuDevice(1), file, threads: 1, stopping: Cancel)).Message,
            StringComparison.Ordinal);
        Assert.Equal(4, TrainRecipe.Resume(folder["run"], ["training.steps=4"], new CpuDevice(1), file, threads: 1, stopping: Cancel).Step);
    }

    [Fact]
    public void The_newest_run_that_has_not_finished_is_the_one_to_resume()
    {
        var path = folder["x"];
        Assert.Equal(path, RunFolder.NewestUnfinished(path));
        Add("x", RunState.Failed);
        Add("x-2", RunState.Interrupted);
        Add("x-10", RunState.Finished);
        Add("x-y", RunState.Interrupted);
        Assert.Equal(folder["x-2"], RunFolder.NewestUnfinished(path));
        Add("x-2", RunState.Finished);
        Assert.Equal(path, RunFolder.NewestUnfinished(path));
        Add("x", RunState.Finished);
        Assert.Equal(folder["x-10"], RunFolder.NewestUnfinished(path));

        void Add(string name, RunState state)
        {
            Directory.CreateDirectory(folder[name]);
            folder.Add($"{name}/recipe.yaml", "");
            new RunStatus(state, 1, 2, null).Write(folder[name]);
        }
    }

    [Fact]
    public void A_run_that_is_stopped_before_an_evaluation_makes_it_when_it_goes_on()
    {
        var recipe = Tiny("training.steps=12", "training.evaluate_every=5", "training.save_every=5", "training.accumulate=2", "training.ema_decay=0.9");
        var (straight, resumed) = RunFiles.ResumesToTheSameBytes(recipe, folder, stopAfter: 5);
        Assert.Equal(RunFolder.HistoryOf(straight.Folder).Evaluations, RunFolder.HistoryOf(resumed.Folder).Evaluations, (a, b) =>
            a.Step == b.Step && a.Loss == b.Loss && a.Best == b.Best);
        Assert.Equal(File.ReadAllText(Path.Combine(straight.Folder, "checkpoints/best")), File.ReadAllText(Path.Combine(resumed.Folder, "checkpoints/best")));
    }

    [Fact]
    public void A_decoder_starts_from_a_checkpoints_weights()
    {
        var first = Texts.Train(Tiny("training.steps=3", "tokenizer.vocab=270"), folder["first"]);
        var second = Texts.Train(
            Tiny("training.steps=1", $"from={folder["first"]}", "model=null", "tokenizer=null", "training.learning_rate=1e-30",
            "training.adamw.weight_decay=0"), folder["second"]);
        Assert.Equal(RunFiles.Weights(first.Checkpoint), RunFiles.Weights(second.Checkpoint));
        Assert.Equal(HuggingFaceFolder.Open(first.Checkpoint).Config, HuggingFaceFolder.Open(second.Checkpoint).Config);
        Assert.Equal(File.ReadAllBytes(Path.Combine(first.Checkpoint, "tokenizer.json")), File.ReadAllBytes(Path.Combine(second.Checkpoint, "tokenizer.json")));
        Assert.Equal(2, Resume("second", null, "training.steps=2").Step);
    }

    [Fact]
    public void A_model_or_a_checkpoint_is_needed() =>
        Assert.Contains("model: found nothing; expected a model: kind, layers, width, heads, context; or from: a checkpoint",
        Assert.Throws<Recipes.Yaml.RecipeException>(() => Recipe.Parse("r.yaml", "training: {steps: 1}", [])).Message, StringComparison.Ordinal);
}
