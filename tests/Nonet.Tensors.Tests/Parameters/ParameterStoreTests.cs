using Nonet.Tensors.Autograd;
using Xunit;

namespace Nonet.Tensors.Tests;

public class ParameterStoreTests
{
    static ParameterStore Declare(Device device)
    {
        var store = new ParameterStore(device);
        var p = store.Root;
        (p / "norm" / "weight").Add(new Shape(5), Initialization.Ones, ParameterRole.Norm);
        (p / "blocks" / 10 / "w").Add(new Shape(3, 7), Initialization.Normal(0.02), ParameterRole.Matrix);
        (p / "blocks" / 2 / "w").Add(new Shape(33), Initialization.Normal(0.5), ParameterRole.Matrix);
        (p / "bias").Add(new Shape(4), Initialization.Zeros, ParameterRole.Bias);
        return store;
    }

    [Fact]
    public void Parameters_are_ordered_by_path_and_lie_on_128_byte_boundaries()
    {
        using var store = Declare(Op.Cpus[0]);
        store.FillForTraining(1);
        Assert.Equal(["bias", "blocks/10/w", "blocks/2/w", "norm/weight"], store.Parameters.Select(p => p.Path));
        Assert.Equal([0L, 32, 64, 128], store.Parameters.Select(p => p.Offset));
        Assert.Equal(160, store.ArenaElements);
        Assert.Equal(4 + 21 + 33 + 5, store.Count);
    }

    [Fact]
    public void Values_and_gradients_are_views_of_the_arenas_and_padding_is_zero()
    {
        using var store = Declare(Op.Cpus[0]);
        store.FillForTraining(1);
        var owned = new bool[store.ArenaElements];
        foreach (var p in store.Parameters)
        {
            for (var i = 0; i < p.Elements; i++)
            {
                Assert.Equal(p.Value.Value(i), store.Masters.Value(p.Offset + i));
                owned[p.Offset + i] = true;
            }
            p.Value.Gradient!.SetValue(0, 9);
            Assert.Equal(9, store.Gradients.Value(p.Offset));
        }
        for (var i = 0; i < owned.Length; i++)
            Assert.True(owned[i] || store.Masters.Value(i) == 0);
    }

    [Fact]
    public void Drawn_values_depend_on_seed_and_path_alone()
    {
        using ParameterStore a = Declare(Op.Cpus[0]), b = Declare(Op.Cpus[1]), c = Declare(Op.Cpus[0]), alone = new(Op.Cpus[0]);
        (alone.Root / "blocks" / 2 / "w").Add(new Shape(33), Initialization.Normal(0.5), ParameterRole.Matrix);
        a.FillForTraining(1);
        b.FillForTraining(1);
        c.FillForTraining(2);
        alone.FillForTraining(1);
        Assert.Equal(a.Masters.ToDoubles(), b.Masters.ToDoubles());
        Assert.NotEqual(a.Masters.ToDoubles(), c.Masters.ToDoubles());
        Assert.Equal(a.Parameters.Single(p => p.Path == "blocks/2/w").Value.ToDoubles(), alone.Masters.ToDoubles()[..33]);
        Assert.Equal(new double[] { 1, 1, 1, 1, 1 }, a.Parameters.Last().Value.ToDoubles());
        Assert.Equal(new double[4], a.Parameters.First().Value.ToDoubles());
    }

    [Fact]
    public void A_path_declared_twice_is_refused()
    {
        using var store = Declare(Op.Cpus[0]);
        var e = Assert.Throws<ArgumentException>(() => (store.Root / "blocks" / 2 / "w").Add(new Shape(1), Initialization.Zeros, ParameterRole.Matrix));
        Assert.Contains("blocks/2/w", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_used_before_the_fill_and_a_second_fill_are_refused()
    {
        using var store = Declare(Op.Cpus[0]);
        var e = Assert.Throws<InvalidOperationException>(() => store.Parameters.First().Value);
        Assert.Contains("bias (4)", e.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => store.Masters);
        Assert.False(store.IsTrainable);
        store.FillForTraining(1);
        Assert.True(store.IsTrainable);
        Assert.Throws<InvalidOperationException>(() => store.FillForTraining(1));
    }

    sealed class OneWeight(string path, double value, DType type) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device) => parameter.Path == path ? device.Full(parameter.Shape, type, value) : null;
    }

    [Fact]
    public void A_source_gives_values_and_the_rest_is_drawn()
    {
        using ParameterStore a = Declare(Op.Cpus[0]), b = Declare(Op.Cpus[0]);
        a.FillForTraining(1, new OneWeight("blocks/2/w", 0.25, DType.BF16));
        b.FillForTraining(1);
        foreach (var (p, drawn) in a.Parameters.Zip(b.Parameters))
        {
            if (p.Path == "blocks/2/w")
                Assert.All(p.Value.ToDoubles(), v => Assert.Equal(0.25, v));
            else
                Assert.Equal(drawn.Value.ToDoubles(), p.Value.ToDoubles());
        }
    }

    [Fact]
    public void Inference_keeps_the_dtype_of_the_source_and_names_what_is_missing()
    {
        using var store = new ParameterStore(Op.Cpus[0]);
        var w = (store.Root / "w").Add(new Shape(3), Initialization.Zeros, ParameterRole.Matrix);
        store.FillForInference(new OneWeight("w", 2, DType.BF16));
        Assert.Equal(DType.BF16, w.Value.DType);
        Assert.False(w.Value.RequiresGrad);
        using var other = Declare(Op.Cpus[0]);
        var e = Assert.Throws<InvalidDataException>(() => other.FillForInference(new OneWeight("bias", 2, DType.F32)));
        Assert.Contains("blocks/10/w (3, 7)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_add_up_until_they_are_cleared()
    {
        using var store = new ParameterStore(Op.Cpus[0]);
        var w = (store.Root / "w").Add(new Shape(1), Initialization.Ones, ParameterRole.Matrix);
        var unused = (store.Root / "unused").Add(new Shape(2), Initialization.Ones, ParameterRole.Matrix);
        store.FillForTraining(1);
        unused.Value.Gradient!.SetValue(0, 5);
        Backward(3);
        Backward(4);
        Assert.Equal(7, w.Value.Gradient!.Item());
        store.ClearGradients();
        Backward(2);
        store.CompleteGradients();
        Assert.Equal(2, w.Value.Gradient!.Item());
        Assert.Equal([0, 0], unused.Value.Gradient!.ToDoubles());

        void Backward(float factor)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            Ops.Scale(w.Value, factor).Backward();
        }
    }

    [Fact]
    public void A_frozen_parameter_is_in_no_arena_gets_no_gradient_and_keeps_its_type()
    {
        using var store = Declare(Op.Cpus[0]);
        var w = store.Parameters.Single(p => p.Path == "blocks/2/w");
        w.Frozen = true;
        store.FillForTraining(1, new OneWeight("blocks/2/w", 0.25, DType.F16));
        Assert.Equal(96, store.ArenaElements);
        Assert.Equal((DType.F16, null), (w.Value.DType, w.Master));
        Assert.DoesNotContain(w, store.Trainable);
        using var scope = new TensorScope();
        using var tape = new Tape();
        Assert.False(Ops.Linear(store.Device.Zeros(new Shape(1, 33)), w.Value.Reshape(new Shape(1, 33))).RequiresGrad);
        store.ClearGradients();
        store.CompleteGradients();
        Assert.Throws<ArgumentException>(() => store.PartOf(store.Gradients, w));
        Assert.Contains("blocks/2/w (33)", Assert.Throws<InvalidOperationException>(() => w.Frozen = false).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_parameter_that_the_source_lacks_is_drawn_as_it_would_be_trainable()
    {
        using ParameterStore frozen = Declare(Op.Cpus[0]), trained = Declare(Op.Cpus[0]);
        var w = frozen.Parameters.Single(p => p.Path == "blocks/2/w");
        w.Frozen = true;
        frozen.FillForTraining(7);
        trained.FillForTraining(7);
        Assert.Equal(trained.Parameters.Single(p => p.Path == "blocks/2/w").Value.ToDoubles(), w.Value.ToDoubles());
    }

    [Fact]
    public void An_arena_holds_the_parameters_that_were_asked_for_and_no_more()
    {
        using var store = Declare(Op.Cpus[0]);
        store.Parameters.First().Frozen = true; // bias
        store.FillForTraining(1);
        using var arena = store.NewArena(p => p.Role != ParameterRole.Norm);
        Assert.Equal(32 + 64, arena.Values.Elements);
        var w = store.Parameters.Single(p => p.Path == "blocks/2/w");
        Assert.Equal(32, arena.OffsetOf(w));
        using var scope = new TensorScope();
        arena.PartOf(w).SetValue(0, 3);
        Assert.Equal(3, arena.Values.Value(32));
        Assert.False(arena.Holds(store.Parameters.First()));
        Assert.Contains("norm/weight (5)", Assert.Throws<ArgumentException>(() => arena.OffsetOf(store.Parameters.Last())).Message, StringComparison.Ordinal);
    }
}
