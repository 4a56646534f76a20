using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Reference;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class MuonTests
{
    /// <summary>Newton-Schulz in plain double, from the left whatever the shape.</summary>
    static double[,] ByDefinition(double[,] g)
    {
        var (rows, columns) = (g.GetLength(0), g.GetLength(1));
        var norm = Math.Sqrt(g.Cast<double>().Sum(v => v * v)) + 1e-7;
        var x = (double[,])g.Clone();
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                x[i, j] /= norm;
        }
        for (var step = 0; step < 5; step++)
        {
            var a = Product(x, Transposed(x));
            var (ax, aax) = (Product(a, x), Product(a, Product(a, x)));
            for (var i = 0; i < rows; i++)
            {
                for (var j = 0; j < columns; j++)
                    x[i, j] = 3.4445 * x[i, j] - 4.7750 * ax[i, j] + 2.0315 * aax[i, j];
            }
        }
        return x;
    }

    static double[,] Product(double[,] a, double[,] b)
    {
        var c = new double[a.GetLength(0), b.GetLength(1)];
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = 0; j < b.GetLength(1); j++)
            {
                for (var k = 0; k < b.GetLength(0); k++)
                    c[i, j] += a[i, k] * b[k, j];
            }
        }
        return c;
    }

    static double[,] Transposed(double[,] a)
    {
        var t = new double[a.GetLength(1), a.GetLength(0)];
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = 0; j < a.GetLength(1); j++)
                t[j, i] = a[i, j];
        }
        return t;
    }

    static double[,] Random(int rows, int columns)
    {
        var g = new double[rows, columns];
        for (var i = 0; i < g.Length; i++)
            g[i / columns, i % columns] = (float)(0.1 * Philox.Normal(new RandomKey(4, (uint)rows, (uint)columns), (ulong)i));
        return g;
    }

    [Theory]
    [InlineData(3, 3), InlineData(5, 17), InlineData(17, 5), InlineData(1, 8), InlineData(40, 24)]
    public void Newton_Schulz_is_its_definition_and_nearly_orthogonal(int rows, int columns)
    {
        var g = Random(rows, columns);
        var expected = ByDefinition(g);
        foreach (var device in new Device[] { new CpuDevice(1), new CpuDevice(3), new ReferenceDevice() })
        {
            using var steps = new NewtonSchulz(device, new Shape(rows, columns));
            using (new TensorScope())
                device.Copy(device.From(new Shape(rows, columns), [.. g.Cast<double>()], device.Float), steps.Input);
            var got = steps.Run().ToDoubles();
            var scale = expected.Cast<double>().Max(Math.Abs);
            Assert.All(expected.Cast<double>().Zip(got), pair => Assert.Equal(pair.First, pair.Second, 3e-5 * scale));
        }
        var wide = rows > columns ? Transposed(expected) : expected;
        var gram = Product(wide, Transposed(wide));
        if (rows != columns) // a square one may have a singular value near 0, which five steps do not lift
            Assert.All(Enumerable.Range(0, gram.GetLength(0)), i => Assert.InRange(gram[i, i], 0.3, 1.7));
    }

    [Fact]
    public void Matrices_in_blocks_take_the_orthogonal_step_and_the_rest_takes_AdamWs()
    {
        foreach (var device in new Device[] { new CpuDevice(2), new ReferenceDevice() })
        {
            using var store = new ParameterStore(device);
            var p = store.Root;
            (p / "blocks" / 0 / "norm").Add(new Shape(4), Initialization.Ones, ParameterRole.Norm);
            (p / "blocks" / 0 / "weight").Add(new Shape(2, 8), Initialization.Ones, ParameterRole.Matrix);
            (p / "tokens" / "weight").Add(new Shape(3, 4), Initialization.Ones, ParameterRole.Embedding);
            store.FillForTraining(1);
            using (var scope = new TensorScope())
            using (var kept = new Muon(store))
                Assert.Equal(["first_moment 4, second_moment 4", "momentum 16", "first_moment 12, second_moment 12"],
                    store.Parameters.Select(q => string.Join(", ", kept.StateOf(q).Select(s => $"{s.Name} {s.Values.Elements}"))));
            using var optimizer = new Muon(store, new MuonOptions { Momentum = 0.5, WeightDecay = 0.1, RateFactor = 2 }, new AdamWOptions { WeightDecay = 0 });
            var (first, second) = (Random(2, 8), Random(2, 8));
            second[0, 0] += 0.5;
            var weights = Enumerable.Repeat(1.0, 16).ToArray();
            var sum = new double[2, 8];
            foreach (var g in new[] { first, second })
            {
                SetGradients(store, g);
                optimizer.Step(learningRate: 0.01);
                var ahead = new double[2, 8];
                for (var i = 0; i < 16; i++)
                {
                    sum[i / 8, i % 8] = 0.5 * sum[i / 8, i % 8] + g[i / 8, i % 8];
                    ahead[i / 8, i % 8] = 0.5 * sum[i / 8, i % 8] + g[i / 8, i % 8];
                }
                var step = ByDefinition(ahead);
                for (var i = 0; i < 16; i++)
                    weights[i] = weights[i] * (1 - 0.02 * 0.1) - 0.02 * 0.2 * Math.Sqrt(8) * step[i / 8, i % 8];
            }
            var value = store.Parameters.Single(q => q.Path == "blocks/0/weight").Value;
            for (var i = 0; i < 16; i++)
                Assert.Equal(weights[i], value.Value(i), 1e-6);
            foreach (var path in new[] { "blocks/0/norm", "tokens/weight" })
                // AdamW against a constant gradient: its rate a step
                Assert.Equal(1 - 2 * 0.01, store.Parameters.Single(q => q.Path == path).Value.Value(0), 1e-5);
        }
    }

    static void SetGradients(ParameterStore store, double[,] matrix)
    {
        foreach (var p in store.Parameters)
        {
            using var tape = new Tape();
            using var scope = new TensorScope();
            var dy = p.Path == "blocks/0/weight" ? store.Device.From(p.Shape, [.. matrix.Cast<double>()], store.Device.Float)
                : store.Device.Full(p.Shape, store.Device.Float, 1);
            tape.Backward(p.Value.Reshape(p.Shape), dy);
        }
    }

    [Fact]
    public void A_restored_run_goes_on_with_the_same_bits_on_any_number_of_threads()
    {
        using var temporary = new TemporaryFolder();
        using var text = TinyLlama.Text(temporary["text.tokens"], 20);
        var batches = new BatchSource(text, 16, 4, seed: 1);
        using var straight = new TinyLlama();
        using var straightOptimizer = new Muon(straight.Parameters);
        Train(straight, straightOptimizer, batches, 0, 3);
        var state = new TrainingState { Step = 3, Batches = 3, Seed = 3, Options = [] };
        var saved = Checkpoint.Open(
            Checkpoint.Save(new CheckpointFolder(temporary["checkpoints"]), TinyLlama.Config, straight.Parameters, new ByteTokenizer(), straightOptimizer,
            state));
        Train(straight, straightOptimizer, batches, 3, 6);

        using var resumed = new TinyLlama(threads: 3, saved.Weights);
        using var resumedOptimizer = new Muon(resumed.Parameters);
        saved.Restore(resumed.Parameters, resumedOptimizer);
        Train(resumed, resumedOptimizer, batches, 3, 6);
        Assert.True(straight.Parameters.Masters.AsSpan<float>().SequenceEqual(resumed.Parameters.Masters.AsSpan<float>()));

        using var other = new AdamW(resumed.Parameters);
        Assert.Contains("first_moment/blocks/", Assert.ThrowsAny<Exception>(() => saved.Restore(resumed.Parameters, other)).Message, StringComparison.Ordinal);
    }

    static void Train(TinyLlama tiny, Muon optimizer, BatchSource batches, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            using var scope = new TensorScope();
            var (batch, targets) = MicroBatch.Read(batches, step, tiny.Device);
            MicroBatch.Backward(tiny.Model, batch, targets, targets.Count);
            optimizer.Step(1e-2, clip: 1);
        }
    }

    [Theory]
    [InlineData(1, 0.1, 1, "muon.momentum is 1"), InlineData(0.9, -1, 1, "muon.weight_decay is -1"), InlineData(0.9, 0, 0, "muon.rate_factor is 0")]
    public void Settings_out_of_range_are_named(double momentum, double decay, double factor, string message) =>
        Assert.Contains(message,
            Assert.Throws<ArgumentException>(() => new MuonOptions { Momentum = momentum, WeightDecay = decay, RateFactor = factor }.Check()).Message,
            StringComparison.Ordinal);
}
