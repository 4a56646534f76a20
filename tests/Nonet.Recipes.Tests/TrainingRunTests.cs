using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.Tests;

/// <summary>The parts of a loop, without the loop.</summary>
public sealed class TrainingRunTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly CpuDevice device = new(1);
    readonly ParameterStore parameters;
    readonly ByteTokenizer tokenizer = new();

    public TrainingRunTests()
    {
        parameters = new ParameterStore(device);
        Options.Model.Create(parameters.Root);
    }

    static PretrainOptions Options => new()
    {
        Model = new Models.Decoders.GptConfig { Vocab = 257, Context = 8, Layers = 1, Width = 8, Heads = 1 },
        Steps = 10,
        EvaluateEvery = 2,
        SaveEvery = 4,
        Warmup = 0,
    };

    public void Dispose()
    {
        parameters.Dispose();
        device.Dispose();
        folder.Dispose();
    }

    TrainingRun Open(PretrainOptions options) => new(options, parameters, tokenizer, new RunOptions { Out = folder["run"] });

    static void Make(TrainingRun run, int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            run.BeginUpdate();
            Assert.True(run.Update(loss: 2, parts: 1, tokens: 8));
        }
    }

    [Fact]
    public void What_is_due_is_due_once()
    {
        using var run = Open(Options);
        run.Begin("nothing");
        Assert.False(run.NeedsEvaluation || run.NeedsCheckpoint);
        Make(run, 2);
        Assert.True(run.NeedsEvaluation);
        Assert.True(run.Record(new Measurement(2)));
        Assert.False(run.NeedsEvaluation);
        Assert.True(run.NeedsCheckpoint); // the best so far
        run.Save();
        Assert.False(run.NeedsCheckpoint);
        Make(run, 2);
        Assert.True(run.Record(new Measurement(3)));
        Assert.True(run.NeedsCheckpoint); // every four steps
    }

    [Fact]
    public void A_held_out_loss_that_is_no_number_goes_back_to_the_checkpoint()
    {
        using var run = Open(Options with { OnDivergence = OnDivergence.Rollback });
        run.Begin("nothing");
        Make(run, 2);
        Assert.True(run.Record(new Measurement(2)));
        run.Save();
        var weights = parameters.Masters.AsSpan<float>().ToArray();
        Make(run, 2);
        parameters.Masters.AsSpan<float>()[5] = float.NaN;
        Assert.False(run.Record(new Measurement(double.NaN)));
        Assert.Equal((2, 4L), (run.Step, run.State.Batches)); // with the batches after those that did it
        Assert.Equal(weights, parameters.Masters.AsSpan<float>().ToArray());
        Assert.Contains("step 4: the held-out loss is NaN (the weight ", Assert.Single(RunFolder.HistoryOf(folder["run"]).Rollbacks).Reason,
            StringComparison.Ordinal);
        Assert.DoesNotContain("NaN,", File.ReadAllText(folder["run/metrics.jsonl"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void A_held_out_loss_that_is_no_number_ends_a_run_that_is_to_stop(double loss)
    {
        using var run = Open(Options);
        run.Begin("nothing");
        Make(run, 2);
        var error = Assert.Throws<DivergedException>(() => run.Record(new Measurement(loss)));
        Assert.Contains("step 2: the held-out loss is ", error.Message, StringComparison.Ordinal);
        run.Fail(error);
        Assert.Equal(RunState.Diverged, RunStatus.Read(folder["run"])!.State);
    }

    [Fact]
    public void A_run_that_does_not_begin_leaves_nothing()
    {
        folder.Add("taken", "");
        Assert.ThrowsAny<Exception>(() => new TrainingRun(Options, parameters, tokenizer, new RunOptions { Out = folder["run"] }, start: new Failing()));
        Assert.False(Directory.Exists(folder["run"]));
    }

    sealed class Failing : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device) => throw new IOException("gone");
    }
}
