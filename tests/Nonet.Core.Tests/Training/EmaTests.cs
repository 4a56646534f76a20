using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class EmaTests
{
    [Fact] // one weight, AdamW without decay against a constant gradient: 1, 0.9, 0.8, 0.7. d = 2/11, 3/12, then the decay, 0.25
    public void The_average_as_computed_by_hand()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        (store.Root / "w").Add(new Shape(1), Initialization.Ones, ParameterRole.Matrix);
        store.FillForTraining(1);
        using var ema = new Ema(store, new AdamW(store, new AdamWOptions { WeightDecay = 0 }), decay: 0.25);
        var w = store.Parameters.Single().Value;
        for (var step = 0; step < 3; step++)
        {
            using var tape = new Tape();
            using var scope = new TensorScope();
            tape.Backward(w.Reshape(w.Shape), device.Full(w.Shape, DType.F32, 1));
            ema.Step(0.1);
        }
        var average = 1.0;
        foreach (var (d, weight) in new[] { (2.0 / 11, 0.9), (3.0 / 12, 0.8), (0.25, 0.7) })
            average = d * average + (1 - d) * weight;
        Assert.Equal(0.7, w.Item(), 1e-5);
        ema.Swap();
        Assert.Equal(average, w.Item(), 1e-5);
        Assert.Throws<InvalidOperationException>(() => ema.Step(0.1));
        ema.Swap();
        Assert.Equal(0.7, w.Item(), 1e-5);
        Assert.Throws<ArgumentException>(() => Ema.Check(1));
    }

    [Fact] // 0.1f · d + 0.1f · (1 − d) is not 0.1f in floats
    public void The_average_of_a_frozen_parameter_is_the_parameter()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        (store.Root / "fixed").Add(new Shape(3), Initialization.Constant(0.1), ParameterRole.Matrix).Frozen = true;
        var w = (store.Root / "w").Add(new Shape(1), Initialization.Ones, ParameterRole.Matrix);
        store.FillForTraining(1);
        using var ema = new Ema(store, new AdamW(store), decay: 0.77);
        for (var step = 0; step < 9; step++)
        {
            using var tape = new Tape();
            using var scope = new TensorScope();
            tape.Backward(w.Value.Reshape(w.Shape), device.Full(w.Shape, DType.F32, 1));
            ema.Step(0.1);
        }
        ema.Swap();
        Assert.All(store.Parameters.First().Value.AsSpan<float>().ToArray(), x => Assert.Equal(0.1f, x));
    }

    [Fact]
    public void A_checkpoint_holds_the_average_as_its_model_and_a_restored_run_goes_on_with_the_same_bits()
    {
        using var temporary = new TemporaryFolder();
        using var text = TinyLlama.Text(temporary["text.tokens"], 20);
        var batches = new BatchSource(text, 16, 4, seed: 1);
        using var straight = new TinyLlama();
        using var ema = new Ema(straight.Parameters, new Muon(straight.Parameters), 0.9);
        Train(straight, ema, batches, 0, 3);
        ema.Swap();
        var average = straight.Parameters.Masters.AsSpan<float>().ToArray();
        var state = new TrainingState { Step = 3, Batches = 3, Seed = 3, Options = [] };
        var saved = Checkpoint.Open(
            Checkpoint.Save(new CheckpointFolder(temporary["checkpoints"]), TinyLlama.Config, straight.Parameters, new ByteTokenizer(), ema, state));
        ema.Swap();
        Assert.NotEqual(average, straight.Parameters.Masters.AsSpan<float>().ToArray());
        Train(straight, ema, batches, 3, 6);
        ema.Swap();

        using var resumed = new TinyLlama(threads: 3, saved.Weights);
        Assert.Equal(average, resumed.Parameters.Masters.AsSpan<float>().ToArray());
        using var resumedEma = new Ema(resumed.Parameters, new Muon(resumed.Parameters), 0.9);
        saved.Restore(resumed.Parameters, resumedEma);
        resumedEma.Restored();
        Train(resumed, resumedEma, batches, 3, 6);
        resumedEma.Swap();
        Assert.True(straight.Parameters.Masters.AsSpan<float>().SequenceEqual(resumed.Parameters.Masters.AsSpan<float>()));
    }

    static void Train(TinyLlama tiny, Ema optimizer, BatchSource batches, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            using var scope = new TensorScope();
            var (batch, targets) = MicroBatch.Read(batches, step, tiny.Device);
            MicroBatch.Backward(tiny.Model, batch, targets, targets.Count, zLoss: 1e-3f);
            optimizer.Step(1e-2, clip: 1);
        }
    }
}
