using Nonet.Models.Decoders;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests;

/// <summary>Ramp, memory, average and z-loss in whole runs.</summary>
public class PretrainExtrasTests
{
    [Fact] // from 1 to 4 over 8 updates: two updates of each
    public void A_ramp_by_hand()
    {
        var ramp = new BatchRamp { From = 1, Updates = 8 };
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 4, 4], Enumerable.Range(1, 10).Select(update => ramp.At(update, accumulate: 4)));
        Assert.Equal([2, 2, 3, 3, 3], Enumerable.Range(1, 5).Select(update => new BatchRamp { From = 2, Updates = 3 }.At(update, accumulate: 3)));
        Assert.Contains("batch_ramp.from is 5", Assert.Throws<ArgumentException>(() => new BatchRamp { From = 5 }.Check(4)).Message, StringComparison.Ordinal);
        Assert.Contains("batch_ramp.updates is 0", Assert.Throws<ArgumentException>(() => new BatchRamp { Updates = 0 }.Check(4)).Message,
            StringComparison.Ordinal);
    }

    static PretrainOptions Options => new()
    {
        Model = new LlamaConfig { Vocab = 1000, Context = 128, Layers = 3, Width = 64, Heads = 4, KvHeads = 2, Hidden = 160, Tied = true },
        Batch = 8,
        Accumulate = 3,
        Steps = 10,
    };

    [Fact]
    public void Memory_by_hand()
    {
        // weights: tokens, three blocks of four projections, three of SwiGLU and two norms, and the last norm; a block keeps 4·64 + 3·64 + 3·32 + 2·160
        // numbers a token
        const long Weights = 1000 * 64 + 3 * (2 * 64 * (64 + 32) + 3 * 64 * 160 + 2 * 64) + 64, Block = 4 * 64 + 3 * 64 + 3 * 32 + 2 * 160, Tokens = 8 * 128;
        Assert.Equal((48 << 20) + 16 * Weights + 4 * (Tokens * (3 * Block + 12 * 64) + Tokens * 1000), TrainingMemory.Estimate(Options));
        Assert.Equal(TrainingMemory.Estimate(Options) + 4 * Weights, TrainingMemory.Estimate(Options with { EmaDecay = 0.9 }));
        const long Matrices = 3 * (2 * 64 * (64 + 32) + 3 * 64 * 160);
        Assert.Equal(TrainingMemory.Estimate(Options) - 4 * Matrices, TrainingMemory.Estimate(Options with { Muon = new() }));
        Assert.True(TrainingMemory.Estimate(Options with { GradientCheckpointing = true }) < TrainingMemory.Estimate(Options));
    }

    [Fact]
    public void An_update_is_divided_into_the_largest_micro_batches_that_fit()
    {
        long Of(int batch) => TrainingMemory.Estimate(Options with { Batch = batch });
        PretrainOptions Fit(long limit) => TrainingMemory.Fit(Options, limit);
        Assert.Equal((24, 1), (Fit(Of(24)).Batch, Fit(Of(24)).Accumulate));
        Assert.Equal((12, 2), (Fit(Of(24) - 1).Batch, Fit(Of(24) - 1).Accumulate));
        Assert.Equal((1, 24), (Fit(Of(2) - 1).Batch, Fit(Of(2) - 1).Accumulate));
        Assert.Contains("one sequence of 128 tokens", Assert.Throws<ArgumentException>(() => Fit(Of(1) - 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_with_ramp_average_and_z_loss_resumes_to_the_same_bytes_on_other_threads()
    {
        using var temporary = new TemporaryFolder();
        TextFiles.Write(temporary["texts"]);
        var recipe = Texts.Tiny(temporary["texts"], "training.steps=12", "training.accumulate=3", "training.batch_ramp.from=1", "training.batch_ramp.updates=6",
            "training.ema_decay=0.9",
            "training.z_loss=1e-3", "training.muon.momentum=0.9", "training.schedule=wsd", "training.decay=0.5");
        var straight = Texts.Train(recipe, temporary["straight"]);
        using var stopping = new CancellationTokenSource();
        Assert.True(Texts.Train(recipe, temporary["stopped"], progress: new AtStep(7, stopping), stopping: stopping.Token).Interrupted);
        var resumed = TrainRecipe.Run(recipe, new CpuDevice(3), temporary["stopped"], resume: true, threads: 3,
            stopping: TestContext.Current.CancellationToken);
        Assert.Equal(Files(straight.Checkpoint), Files(resumed.Checkpoint));
        Assert.Equal(straight.BitsPerByte, resumed.BitsPerByte);
        Assert.Equal((1 + 1 + 2 + 2 + 3 + 3 + 6 * 3) * 2 * 16, straight.Tokens); // micro-batches of 2 x 16
    }

    [Fact]
    public void A_given_memory_divides_the_batch_and_the_run_keeps_the_division()
    {
        using var temporary = new TemporaryFolder();
        TextFiles.Write(temporary["texts"]);
        var recipe = Texts.Tiny(temporary["texts"], "training.steps=4", "training.batch=6");
        var limited = recipe with { Memory = new MemoryLimit(TrainingMemory.Estimate(recipe.OptionsFor(257) with { Batch = 2 })) };
        Texts.Train(limited, temporary["run"]);
        var written = Recipe.Load(Path.Combine(temporary["run"], "recipe.yaml"));
        Assert.Equal((2, 3, null), (written.Training.Batch, written.Training.Accumulate, written.Memory));
        Assert.Equal(4, Texts.Train(limited with { Memory = new MemoryLimit(1L << 40) }, temporary["run"], resume: true).Step); // as on a larger machine
        Assert.Equal(1 << 20, Texts.Tiny(temporary["texts"], "memory_mb=1").Memory!.Value.Bytes);
        Assert.True(Texts.Tiny(temporary["texts"], "memory_mb=auto").Memory!.Value.Bytes > 1 << 28);
    }

    sealed class AtStep(int step, CancellationTokenSource stopping) : IProgress<RunEvent>
    {
        public void Report(RunEvent value)
        {
            if (value is StepDone done && done.Step >= step)
                stopping.Cancel();
        }
    }

    static string[] Files(string checkpoint) =>
        [.. Directory.GetFiles(checkpoint).Order(StringComparer.Ordinal)
            .Select(f => Path.GetFileName(f) + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))))];
}
