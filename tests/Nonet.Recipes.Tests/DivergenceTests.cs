using Nonet.Checkpoints;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Tests.Alignment;
using Nonet.Training;

namespace Nonet.Recipes.Tests;

/// <summary>A loss that is no number, and spikes: stop, or roll back.</summary>
public sealed class DivergenceTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public DivergenceTests() => TextFiles.Write(folder["texts"]);

    public void Dispose() => folder.Dispose();

    sealed class Collect(Action<RunEvent>? also = null) : IProgress<RunEvent>
    {
        public List<RunEvent> Events { get; } = [];

        public void Report(RunEvent value)
        {
            Events.Add(value);
            also?.Invoke(value);
        }
    }

    (TrainingResult Result, List<RunEvent> Events) Train(string run, params string[] overrides)
    {
        var collect = new Collect();
        return (Texts.Train(Texts.Tiny(folder["texts"], overrides), folder[run], progress: collect), collect.Events);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_and_names_step_and_tensor()
    {
        var error = Assert.Throws<DivergedException>(() => Train("run", "training.learning_rate=1e38", "training.warmup=0"));
        Assert.Equal(2, error.Step); // the first update made the weights infinite
        Assert.Matches("^step 2: the (loss|gradient norm) is (NaN|∞|Infinity).*\\(the (weight|gradient of) blocks/0/.* at element [0-9]+\\)", error.Message);
        Assert.EndsWith("; lower the learning rate or lengthen the warm-up; checkpoints of earlier steps are intact", error.Message, StringComparison.Ordinal);
        Assert.Equal(RunState.Diverged, RunStatus.Read(folder["run"])!.State);
        Assert.Contains("step 2: ", File.ReadAllText(folder["run/index.html"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reward"), InlineData("dpo"), InlineData("ppo"), InlineData("grpo"), InlineData("rejection")]
    public void A_loss_of_alignment_that_is_no_number_names_step_and_what_to_do(string task)
    {
        using var tiny = new TinyPolicy();
        string[] changes = ["training.learning_rate=1e38", task == "reward" ? "training.warmup_share=0" : "training.warmup=0", "training.clip=null"];
        var recipe = task switch
        {
            "reward" => tiny.Reward(changes),
            "dpo" => tiny.Dpo(changes),
            "ppo" => tiny.Ppo(changes),
            "grpo" => tiny.Grpo(changes),
            _ => tiny.Rejection(changes),
        };
        var error = Assert.ThrowsAny<Exception>(() => Texts.Train(recipe, folder["run"])).Message;
        Assert.Matches("^step [0-9]+: .* is (NaN|∞|-∞|Infinity).*; lower the learning rate", error);
    }

    [Fact]
    public void A_held_out_loss_that_is_no_number_is_a_divergence()
    {
        var error = Assert.Throws<DivergedException>(() => Train("run", "training.learning_rate=1e38", "training.warmup=0", "training.evaluate_every=1"));
        Assert.Equal((1, "the held-out loss"), (error.Step, error.What));
        Assert.Equal(RunState.Diverged, RunStatus.Read(folder["run"])!.State);
        Assert.Null(new CheckpointFolder(folder["run/checkpoints"]).Last);
    }

    [Fact]
    public void Rolling_back_without_a_checkpoint_stops() =>
        Assert.Throws<DivergedException>(() => Train("run", "training.learning_rate=1e38", "training.warmup=0", "training.on_divergence=rollback"));

    /// <summary>A loss that only wavers and a narrow limit, which it passes now and then.</summary>
    static readonly string[] spiky =
        ["training.spike_deviations=3.5", "training.learning_rate=1e-5", "training.spike_window=6", "training.on_divergence=rollback", "training.save_every=3",
        "training.steps=60"];

    [Fact]
    public void A_spike_goes_back_to_the_checkpoint_and_passes_over_the_batches()
    {
        var (result, events) = Train("run", spiky);
        Assert.Equal(60, result.Step);
        var back = Assert.IsType<RolledBack>(events.First(e => e is RolledBack));
        Assert.Contains($"step {back.From}: the loss is ", back.Reason, StringComparison.Ordinal);
        Assert.Contains("a spike: above ", back.Reason, StringComparison.Ordinal);
        Assert.Equal((back.From - 1) / 3 * 3, back.Step); // saved every three steps
        var rollbacks = events.OfType<RolledBack>().ToArray();
        // what the weights were trained on: that of updates gone back on is not counted
        Assert.Equal(60 * 2 * 16, RunFolder.HistoryOf(folder["run"]).Last!.Tokens);
        Assert.Equal(60 + rollbacks.Sum(b => b.From - b.Step), Checkpoint.Open(result.Checkpoint).State.Batches);
        Assert.Equal(Enumerable.Range(1, 60), RunFolder.HistoryOf(folder["run"]).Steps.Select(s => s.Step));
    }

    [Fact]
    public void A_run_with_spikes_resumes_to_the_same_bytes()
    {
        var (straight, events) = Train("straight", spiky);
        var from = events.OfType<RolledBack>().First().From;
        using var stop = new CancellationTokenSource();
        var recipe = Texts.Tiny(folder["texts"], spiky);
        var collect = new Collect(e =>
        {
            if (e is StepDone step && step.Step == from)
                stop.Cancel(); // just after it was made again, with the window half of before and half of after
        });
        Assert.True(Texts.Train(recipe, folder["stopped"], progress: collect, stopping: stop.Token).Interrupted);
        Assert.Equal(RunState.Interrupted, RunStatus.Read(folder["stopped"])!.State);
        var resumed = Texts.Train(recipe, folder["stopped"], resume: true);
        foreach (var name in new[] { "model.safetensors", "optimizer.safetensors", "training.json" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(straight.Checkpoint, name)), File.ReadAllBytes(Path.Combine(resumed.Checkpoint, name)));
    }

    [Fact]
    public void Stopping_at_a_spike_keeps_the_checkpoints()
    {
        var error = Assert.Throws<DivergedException>(() => Train("run", [.. spiky, "training.on_divergence=stop"]));
        Assert.Contains("a spike: above ", error.Message, StringComparison.Ordinal);
        Assert.NotNull(new CheckpointFolder(folder["run/checkpoints"]).Last);
    }

    [Fact]
    public void A_run_killed_before_its_first_checkpoint_begins_again_in_its_folder()
    {
        var recipe = Texts.Tiny(folder["texts"]);
        Directory.CreateDirectory(folder["run"]); // what a kill while the text is read leaves
        File.WriteAllText(folder["run/recipe.yaml"], recipe.ToYaml());
        Assert.Throws<NotSupportedException>(() => Texts.Train(recipe, folder["run"], resume: true, new Collect(e =>
        {
            if (e is StageStarted { Name: "training" })
                throw new NotSupportedException();
        })));
        Assert.Equal(30, Texts.Train(recipe, folder["run"], resume: true).Step);
    }

    [Theory]
    [InlineData("tokenizer.vocab=270")]
    [InlineData("tokenizer={model: unigram, vocab: 310}")]
    [InlineData("tokenizer={model: wordpiece, vocab: 100}")]
    public void A_run_with_a_tokenizer_of_its_own_resumes_with_it(string tokenizer)
    {
        using var stop = new CancellationTokenSource();
        var recipe = Texts.Tiny(folder["texts"], tokenizer, "training.steps=8");
        var collect = new Collect(e =>
        {
            if (e is StepDone)
                stop.Cancel();
        });
        Assert.True(Texts.Train(recipe, folder["run"], stopping: stop.Token, progress: collect).Interrupted);
        var resumed = Texts.Train(recipe, folder["run"], resume: true);
        Assert.Equal(8, resumed.Step);
        Assert.Equal(File.ReadAllBytes(folder["run/tokenizer/tokenizer.json"]), File.ReadAllBytes(Path.Combine(resumed.Checkpoint, "tokenizer.json")));
    }

    [Fact]
    public void Resuming_with_another_recipe_lists_the_differences_and_with_another_way_of_showing_it_does_not()
    {
        Train("run", "training.steps=4");
        var error = Assert.Throws<RunFolderException>(() =>
            Texts.Train(Texts.Tiny(folder["texts"], "training.batch=5", "training.steps=5", "training.adamw.beta1=0.8"), folder["run"], resume: true));
        Assert.Contains("training.batch: 2 in the run, 5 now;\n  training.adamw.beta1: 0.9 in the run, 0.8 now", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, Texts.Train(Texts.Tiny(folder["texts"], "training.steps=4", "run.keep=7"), folder["run"], resume: true).Step);
    }
}
