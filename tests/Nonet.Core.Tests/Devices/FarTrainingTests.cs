using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Data.Masked;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Far;
using Nonet.Tests.Models;
using Nonet.Tests.Models.Encoders;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Tests.Devices;

/// <summary>
/// Every family trains where the host cannot read the memory, with the bits of the device behind it. Whatever reads or writes by an address throws.
/// </summary>
public sealed class FarTrainingTests : IDisposable
{
    readonly FarDevice far = new(new CpuOptions { Threads = 2 });
    readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        far.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string> Names => [.. TinyModels.Families, .. EncoderTests.Names.Select(n => n.Data)];

    static ModelConfig ConfigOf(string name) => TinyModels.Families.Contains(name) ? TinyModels.Config(name) : EncoderTests.ConfigOf(name);

    [Theory, MemberData(nameof(Names))]
    public void A_run_of_AdamW_is_saved_and_resumed(string name) => Check(name, store => new AdamW(store));

    [Theory]
    [InlineData("gpt"), InlineData("llama"), InlineData("bert"), InlineData("t5"), InlineData("transformer")]
    public void A_run_of_Muon_is_saved_and_resumed(string name) => Check(name, store => new Muon(store));

    void Check(string name, Func<ParameterStore, Optimizer> optimizer)
    {
        var near = Run(TinyModels.Cpu, "near");
        var distant = Run(far, "far");
        Assert.Equal(near.Losses, distant.Losses);
        Assert.Equal(near.Weights, distant.Weights);
        foreach (var file in Directory.GetFiles(near.Saved))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(distant.Saved, Path.GetFileName(file))));

        (List<double> Losses, double[] Weights, string Saved) Run(Device device, string to)
        {
            var (losses, config) = (new List<double>(), ConfigOf(name));
            string saved;
            using (var parameters = new ParameterStore(device))
            {
                var model = config.Create(parameters.Root);
                parameters.FillForTraining(1);
                using var ema = new Ema(parameters, optimizer(parameters), 0.9);
                for (var step = 0; step < 3; step++)
                    losses.Add(Step(model, ema, step));
                Assert.Null(NonFinite.Find(parameters));
                ema.Swap();
                var state = new TrainingState { Step = 3, Batches = 3, Seed = 1, Options = [] };
                saved = Checkpoint.Save(new CheckpointFolder(folder[to]), config, parameters, new ByteTokenizer(), ema, state);
            }
            using var resumed = new ParameterStore(device);
            var again = config.Create(resumed.Root);
            var checkpoint = Checkpoint.Open(saved);
            resumed.FillForTraining(2, checkpoint.Weights);
            using var optimizers = new Ema(resumed, optimizer(resumed), 0.9);
            checkpoint.Restore(resumed, optimizers);
            optimizers.Restored();
            losses.Add(Step(again, optimizers, 3));
            return (losses, resumed.Masters.ToDoubles(), saved);
        }
    }

    static double Step(ILanguageModel model, Optimizer optimizer, int step)
    {
        double loss;
        using (var scope = new TensorScope())
            loss = MicroBatch.Backward(10, 10, () => Loss(model, step));
        optimizer.Step(1e-2, clip: 0.5);
        return loss;
    }

    static Tensor Loss(ILanguageModel model, int step)
    {
        var (device, key) = (model.Parameters.Device, new RandomKey(4, (uint)step, 0));
        int[][] sequences = [TinyModels.Ids(9, site: (uint)step), TinyModels.Ids(5, site: 100 + (uint)step)];
        int[] labels = [.. sequences.SelectMany(s => s[1..].Append(-1))];
        switch (model)
        {
            case ICausalModel causal:
                return causal.Loss(Batch.Of(device, sequences).With(key), device.From(labels), smoothing: 0.1f, zLoss: 1e-3f);
            case IEncoderDecoder both:
                int[][] targets = [TinyModels.Ids(6, site: 200 + (uint)step), TinyModels.Ids(3, site: 300 + (uint)step)];
                return both.Loss(new PairBatch(Batch.Of(device, sequences), Batch.Of(device, targets), device.From([.. targets.SelectMany(t => t)])).With(key),
                    0.1f);
            default:
                var masked = new MaskedBatch
                {
                    Ids = [.. sequences.SelectMany(s => s)],
                    Positions = [.. sequences.SelectMany(s => Enumerable.Range(0, s.Length))],
                    Segments = [.. sequences.SelectMany(s => s.Select((_, i) => i < 3 ? 0 : 1))],
                    Starts = [0, 9, 14],
                    MaskedRows = [1, 4, 11],
                    MaskedTargets = [3, 20, 7],
                    NextLabels = model is Bert { NextSentence: not null } ? [1, 0] : null,
                };
                var losses = ((Bert)model).Losses(masked, key);
                return losses.Next is { } next ? Ops.Add(losses.Masked, next) : losses.Masked;
        }
    }

    [Fact]
    public void The_first_number_that_is_not_finite_is_found()
    {
        using var parameters = new ParameterStore(far);
        TinyModels.Declare("llama", parameters);
        parameters.FillForTraining(1);
        Assert.Null(NonFinite.Find(parameters));
        var bad = parameters.Parameters.ElementAt(2);
        far.Fill(bad.Value, i => i == 5 ? double.NaN : 1);
        Assert.Equal((bad.Path, false, 5L), (NonFinite.Find(parameters)!.Path, NonFinite.Find(parameters)!.Gradient, NonFinite.Find(parameters)!.Index));
        using var optimizer = new AdamW(parameters);
        far.Fill(parameters.Gradients, double.PositiveInfinity);
        foreach (var p in parameters.Parameters)
            far.Fill(p.Value.Gradient!, 1e30);
        Assert.NotNull(NonFinite.Find(parameters));
    }

    [Fact]
    public void A_step_waits_for_the_device_twice()
    {
        using var parameters = new ParameterStore(far);
        var model = TinyModels.Declare("llama", parameters);
        parameters.FillForTraining(1);
        using var optimizer = new AdamW(parameters);
        var before = far.Downloads;
        for (var step = 0; step < 3; step++)
            Step(model, optimizer, step);
        Assert.Equal(3 * 2, far.Downloads - before); // the loss, and the norm of the gradient
    }

    [Theory]
    [InlineData("llama"), InlineData("gpt"), InlineData("bert"), InlineData("t5")]
    public void An_adapter_is_trained_saved_merged_and_loaded(string name)
    {
        var near = Run(TinyModels.Cpu, "near");
        var distant = Run(far, "far");
        Assert.Equal(near.Losses, distant.Losses);
        Assert.Equal(near.Merged, distant.Merged);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["near"], "adapter_model.safetensors")),
            File.ReadAllBytes(Path.Combine(folder["far"], "adapter_model.safetensors")));

        (List<double> Losses, double[] Merged) Run(Device device, string to)
        {
            var (losses, config) = (new List<double>(), ConfigOf(name));
            using var parameters = new ParameterStore(device);
            var model = config.Create(parameters.Root);
            using var adapter = PeftAdapter.Attach(model, rank: 2, alpha: 4);
            parameters.FillForTraining(1);
            using var optimizer = new AdamW(parameters);
            for (var step = 0; step < 3; step++)
                losses.Add(Step(model, optimizer, step));
            adapter.Save(Directory.CreateDirectory(folder[to]).FullName, config);
            using var other = new ParameterStore(device);
            var plain = config.Create(other.Root);
            other.FillForTraining(1);
            using var loaded = PeftAdapter.Load(folder[to], plain, config);
            loaded.Merge();
            using var scope = new TensorScope();
            return (losses, other.Parameters.First(p => p.Path.EndsWith("query/weight", StringComparison.Ordinal)).Value.ToDoubles());
        }
    }
}
