using Xunit;

namespace Nonet.Tensors.Tests.Memory;

/// <summary>Types of activations, masters and caches are separate settings.</summary>
public class TensorUseTests
{
    [Fact]
    public void A_device_names_the_types_that_it_has_for_a_use()
    {
        var cpu = Op.Cpus[0];
        Assert.All(Enum.GetValues<TensorUse>(), use => Assert.True(cpu.Supports(use, cpu.Float)));
        Assert.Equal("device 'cpu' has no kernels for a KV cache in BF16; it has them for F32, F16, Q8_0",
            Assert.Throws<NotSupportedException>(() => cpu.Require(TensorUse.Cache, DType.BF16)).Message);
        Assert.Contains("master weights in BF16; it has them for F32, F64",
            Assert.Throws<NotSupportedException>(() => Op.Reference.Require(TensorUse.Masters, DType.BF16)).Message, StringComparison.Ordinal);
        using var store = new ParameterStore(cpu) { MasterType = DType.BF16 };
        (store.Root / "w").Add(new Shape(4), Initialization.Ones, ParameterRole.Bias);
        Assert.Contains("master weights in BF16", Assert.Throws<NotSupportedException>(() => store.FillForTraining(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Masters_of_F32_are_rounded_while_activations_stay_F64()
    {
        double[] Trained(DType type)
        {
            using var store = new ParameterStore(Op.Reference) { MasterType = type };
            var w = (store.Root / "w").Add(new Shape(3), Initialization.Constant(1 / 3.0), ParameterRole.Matrix);
            store.FillForTraining(1);
            using var scope = new TensorScope();
            using (var tape = new Autograd.Tape())
            {
                var y = Ops.Sum(Ops.Mul(w.Value, Op.Reference.From(new Shape(3), [1.1, 2.2, 3.3], DType.F64)));
                Assert.Equal(DType.F64, y.DType);
                tape.Backward(y);
            }
            Assert.Equal(DType.F64, store.Gradients.DType);
            using Tensor m = store.NewArena(), v = store.NewArena();
            Ops.AdamW(store.Masters, store.Gradients, m, v, 0, 3, new AdamWUpdate { LearningRate = 0.01 });
            Assert.Equal(type, store.Masters.DType);
            return w.Value.ToDoubles();
        }

        var (exact, rounded) = (Trained(DType.F64), Trained(DType.F32));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((double)(float)rounded[i], rounded[i]);
            Assert.NotEqual(exact[i], rounded[i]);
            Assert.Equal(exact[i], rounded[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(DType.F32), InlineData(DType.BF16), InlineData(DType.F16)]
    public void Rows_of_a_cache_are_rounded_to_its_type(DType type)
    {
        using var scope = new TensorScope();
        var device = Op.Reference;
        var pool = device.Full(new Shape(4, 2), type, 0);
        Ops.ScatterRows(device.From(new Shape(2, 2), [0.1, 0.2, 0.3, 0.4], DType.F64), device.From([3, 1]), pool);
        using var rounded = device.From(new Shape(2, 2), [0.1, 0.2, 0.3, 0.4], type);
        Assert.Equal([0, 0, rounded.Value(2), rounded.Value(3), 0, 0, rounded.Value(0), rounded.Value(1)], pool.ToDoubles());
        Assert.NotEqual(0.1, rounded.Value(0));
    }
}
