using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Reference;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class AdamWTests
{
    static ParameterStore Store(Device device)
    {
        var store = new ParameterStore(device);
        var p = store.Root;
        (p / "bias").Add(new Shape(3), Initialization.Ones, ParameterRole.Bias);
        (p / "frozen").Add(new Shape(2, 2), Initialization.Ones, ParameterRole.Matrix);
        (p / "norm").Add(new Shape(5), Initialization.Ones, ParameterRole.Norm);
        (p / "table").Add(new Shape(4, 2), Initialization.Ones, ParameterRole.Embedding);
        (p / "weight").Add(new Shape(2, 3), Initialization.Ones, ParameterRole.Matrix);
        Get(store, "frozen").Frozen = true;
        store.FillForTraining(1);
        return store;
    }

    static Parameter Get(ParameterStore store, string path) => store.Parameters.Single(p => p.Path == path);

    static void SetGradients(ParameterStore store, double value)
    {
        foreach (var p in store.Parameters.Where(p => !p.Frozen))
        {
            using var tape = new Tensors.Autograd.Tape();
            using var scope = new TensorScope();
            tape.Backward(p.Value.Reshape(p.Shape), store.Device.Full(p.Shape, store.Device.Float, value));
        }
    }

    [Fact]
    public void Matrices_and_tables_decay_and_vectors_do_not()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        using var store = Store(device);
        using var optimizer = new AdamW(store, new AdamWOptions { WeightDecay = 0.5 });
        optimizer.Step(learningRate: 0.1); // no gradient at all: only decay acts
        foreach (var p in store.Parameters)
            Assert.Equal(p.Path is "table" or "weight" ? 0.95 : 1, p.Value.Value(p.Elements - 1), 6);
        Assert.Equal(1, optimizer.Steps);
    }

    [Fact]
    public void Every_parameter_but_the_frozen_moves_against_its_gradient()
    {
        foreach (var device in new Device[] { new CpuDevice(new CpuOptions { Threads = 2 }), new ReferenceDevice() })
        {
            using var store = Store(device);
            using var optimizer = new AdamW(store, new AdamWOptions { WeightDecay = 0 });
            SetGradients(store, 3);
            var norm = optimizer.Step(learningRate: 0.01);
            Assert.Equal(3 * Math.Sqrt(3 + 5 + 8 + 6), norm, 6);
            foreach (var p in store.Parameters)
                Assert.Equal(p.Frozen ? 1 : 0.99, p.Value.Value(0), 5);
        }
    }

    [Fact]
    public void Without_bias_correction_the_first_step_is_larger_by_the_ratio_of_the_corrections()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        using var store = Store(device);
        using var optimizer = new AdamW(store, new AdamWOptions { WeightDecay = 0, Beta2 = 0.999, BiasCorrection = false });
        SetGradients(store, 3);
        optimizer.Step(learningRate: 0.01);
        Assert.Equal(1 - 0.01 * 0.1 / Math.Sqrt(0.001), Get(store, "bias").Value.Value(0), 6); // (1 - β₁) / √(1 - β₂)
    }

    [Fact]
    public void Gradients_are_forgotten_after_a_step()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        using var store = Store(device);
        using var optimizer = new AdamW(store);
        SetGradients(store, 3);
        optimizer.Step(0.01);
        SetGradients(store, 1);
        SetGradients(store, 1); // two backward passes add up
        Assert.Equal(2 * Math.Sqrt(22), optimizer.Step(0.01), 6);
    }

    [Fact]
    public void Clipping_bounds_what_the_moments_see()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        using var store = Store(device);
        using var optimizer = new AdamW(store);
        SetGradients(store, 100);
        Assert.Equal(100 * Math.Sqrt(22), optimizer.Step(0.01, clip: 1), 3);
        Assert.Equal(0.1 * 0.1, Ops.SumOfSquares(optimizer.FirstMoments), 6); // (1 - β₁) g with |g| = 1
    }

    [Theory]
    [InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void A_norm_that_is_not_finite_changes_nothing(double value)
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        using var store = Store(device);
        using var optimizer = new AdamW(store);
        SetGradients(store, value);
        var e = Assert.Throws<DivergedException>(() => optimizer.Step(0.01));
        Assert.Contains("step 1: the gradient norm is", e.Message, StringComparison.Ordinal);
        Assert.Contains($"(the gradient of {store.Parameters.First().Path} is ", e.Message, StringComparison.Ordinal);
        Assert.All(store.Parameters, p => Assert.Equal(1, p.Value.Value(0)));
        Assert.Equal(0, optimizer.Steps);
    }

    [Theory]
    [InlineData(0.5, 1.0, 1)]
    [InlineData(4, 1.0, 0.25)]
    [InlineData(4, null, 1)]
    public void Clipping_factor(double norm, double? limit, double factor) => Assert.Equal(factor, ClipByNorm.Factor(norm, limit));

    [Fact]
    public void Settings_out_of_range_are_named()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        using var store = Store(device);
        Assert.Contains("beta2 is 1", Assert.Throws<ArgumentException>(() => new AdamW(store, new AdamWOptions { Beta2 = 1 })).Message,
            StringComparison.Ordinal);
        Assert.Contains("clip is 0", Assert.Throws<ArgumentException>(() => ClipByNorm.Factor(1, 0)).Message, StringComparison.Ordinal);
    }
}
