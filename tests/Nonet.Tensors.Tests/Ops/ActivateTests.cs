using Xunit;

namespace Nonet.Tensors.Tests;

public class ActivateTests
{
    public static TheoryData<Activation> Functions => [.. Enum.GetValues<Activation>().Where(f => f != Activation.None)];

    [Theory, MemberData(nameof(Functions))]
    public void Nonlinearity_matches_its_definition(Activation f)
    {
        foreach (var width in new[] { 1, 7, 16, 33 })
            Op.Check(t => Ops.Activate(t[0], f), [AwayFromZero(Seeded.Normal(3, [5, width]))]);
    }

    /// <summary>Finite differences must not straddle the corner of ReLU.</summary>
    static Input AwayFromZero(Input x) => x with { Values = [.. x.Values.Select(v => (double)(float)(v + Math.CopySign(0.01, v)))] };

    [Theory, MemberData(nameof(Functions))]
    public void Nonlinearity_stays_accurate_far_from_zero(Activation f)
    {
        foreach (var scale in new[] { 0.01, 30, 1000 })
        {
            var x = Seeded.Uniform(-scale, scale, 1, 67);
            foreach (var i in new[] { 3, 20, 40 }) // where the gradient is of the order of 1, the scale of the tolerance
                x.Values[i] = 0.25 * Math.Sign(x.Values[i]);
            Op.Check(t => Ops.Activate(t[0], f), [x], tolerance: 3e-6, finiteDifferences: false);
        }
    }

    [Fact]
    public void Gelu_of_large_magnitudes_is_zero_or_x()
    {
        using var scope = new TensorScope();
        foreach (var f in new[] { Activation.Gelu, Activation.GeluTanh, Activation.Silu })
        {
            var y = Ops.Activate(Op.Cpus[0].From(new Shape(4), [-1e4f, 1e4f, -3e8f, 3e8f]), f);
            Assert.Equal([0, 1e4, 0, 3e8], y.ToDoubles().Select(v => (double)(float)v));
        }
    }

    [Fact] // several chunks
    public void Large_tensor_matches_its_definition()
    {
        if (Op.Tiny)
            Assert.Skip("too slow without vector instructions");
        Op.Check(t => Ops.Gelu(t[0]), [Seeded.Normal(67, 700)], finiteDifferences: false);
        Op.Check(t => Ops.SwiGlu(t[0], t[1]), [Seeded.Normal(67, 700), Seeded.Normal(67, 700)], finiteDifferences: false);
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(16), InlineData(33)]
    public void Gated_units_match_their_definition(int width)
    {
        Op.Check(t => Ops.SwiGlu(t[0], t[1]), [Seeded.Normal(3, width), Seeded.Normal(3, width)]);
        Op.Check(t => Ops.GeGlu(t[0], t[1]), [Seeded.Normal(3, width), Seeded.Normal(3, width)]);
        Op.Check(t => Ops.GeGlu(t[0], t[1], exact: true), [Seeded.Normal(3, width), Seeded.Normal(3, width)]);
    }

    [Fact]
    public void A_gated_unit_of_one_tensor_or_of_a_constant_gets_the_gradients_it_wants()
    {
        Op.Check(t => Ops.SwiGlu(t[0], t[0]), [Seeded.Normal(3, 19)]);
        Op.Check(t => Ops.SwiGlu(t[0], t[1]), [Seeded.Normal(3, 19).Constant(), Seeded.Normal(3, 19)]);
        Op.Check(t => Ops.SwiGlu(t[0], t[1]), [Seeded.Normal(3, 19), Seeded.Normal(3, 19).Constant()]);
    }

    [Fact]
    public void Shorthands_name_their_function()
    {
        using var scope = new TensorScope();
        var x = Op.Reference.From(new Shape(3), [-0.7, 0.1, 1.3], DType.F64);
        foreach (var (shorthand, f) in new (Func<Tensor, Tensor>, Activation)[]
        {
            (Ops.Gelu, Activation.Gelu), (Ops.GeluTanh, Activation.GeluTanh), (Ops.Relu, Activation.Relu),
            (Ops.Silu, Activation.Silu), (Ops.Tanh, Activation.Tanh), (Ops.Sigmoid, Activation.Sigmoid),
        })
            Assert.Equal(Ops.Activate(x, f).ToDoubles(), shorthand(x).ToDoubles());
    }

    [Fact] // digits from tables: Φ(1) = 0.841344746..., tanh and logistic likewise
    public void Definitions_give_known_values()
    {
        using var scope = new TensorScope();
        var one = Op.Reference.From(new Shape(1), [1.0], DType.F64);
        Assert.Equal(0.8413447460685429, Ops.Gelu(one).Item(), 14);
        Assert.Equal(0.8411919906082768, Ops.GeluTanh(one).Item(), 14);
        Assert.Equal(0.7310585786300049, Ops.Silu(one).Item(), 14);
        Assert.Equal(0.7615941559557649, Ops.Tanh(one).Item(), 14);
    }

    [Fact]
    public void Gate_and_up_of_different_shapes_are_named()
    {
        using var scope = new TensorScope();
        var e = Assert.Throws<ShapeException>(() => Ops.SwiGlu(Op.Cpus[0].Zeros(new Shape(2, 3)), Op.Cpus[0].Zeros(new Shape(3, 2))));
        Assert.Contains("(2, 3)", e.Message, StringComparison.Ordinal);
        Assert.Contains("(3, 2)", e.Message, StringComparison.Ordinal);
    }
}
