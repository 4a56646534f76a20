using Nonet.Tensors.Autograd;
using Xunit;

namespace Nonet.Tensors.Tests;

public class SumTests
{
    [Theory] // below, on and off every register width; rows of one piece and of several
    [InlineData(1, 1), InlineData(3, 7), InlineData(4, 16), InlineData(5, 33), InlineData(3, 16384 + 5), InlineData(700, 50)]
    public void Sums_and_means_match_their_definitions(int rows, int width)
    {
        if (Op.Tiny && rows * width > 1000)
            return;
        var x = Seeded.Uniform(0.1, 2, rows, width); // no cancellation: the tolerance is relative to the sum
        Op.Check(t => Ops.Sum(t[0]), [x], finiteDifferences: rows * width < 1000);
        Op.Check(t => Ops.Mean(t[0]), [x], finiteDifferences: rows * width < 1000);
        Op.Check(t => Ops.Sum(t[0], lastAxis: true), [x], finiteDifferences: rows * width < 1000);
        Op.Check(t => Ops.Mean(t[0], lastAxis: true), [x], finiteDifferences: rows * width < 1000);
        Op.Check(t => Ops.MaskedMean(t[0], t[1]), [x, Seeded.Uniform(0, 1, rows, width).Constant()], finiteDifferences: rows * width < 1000);
    }

    [Fact]
    public void Masked_mean_counts_what_the_mask_shows_and_nothing_else()
    {
        using var scope = new TensorScope();
        foreach (Device device in new Device[] { Op.Reference, Op.Cpus[0], Op.Cpus[1] })
        {
            using var tape = new Tape();
            var x = device.From(new Shape(4), [1f, float.NaN, float.PositiveInfinity, 4f]).Watch();
            var y = Ops.MaskedMean(x, device.From(new Shape(4), [1f, 0, 0, 2]));
            Assert.Equal(3, y.Item());
            y.Backward();
            Op.Close([1 / 3.0, 0, 0, 2 / 3.0], x.Gradient!.ToDoubles(), 1e-6, "gradient");
            x.Gradient.Dispose();
        }
    }

    [Fact]
    public void Masked_mean_of_nothing_is_zero()
    {
        using var scope = new TensorScope();
        foreach (Device device in new Device[] { Op.Reference, Op.Cpus[0] })
        {
            using var tape = new Tape();
            var x = device.From(new Shape(2), [1f, 2f]).Watch();
            var y = Ops.MaskedMean(x, device.Zeros(new Shape(2)));
            Assert.Equal(0, y.Item());
            y.Backward();
            Assert.Equal([0, 0], x.Gradient!.ToDoubles());
            x.Gradient.Dispose();
        }
    }

    [Fact]
    public void A_million_equal_numbers_lose_next_to_nothing() // added one by one in F32, 0.9 % is lost
    {
        if (Op.Tiny)
            return;
        using var scope = new TensorScope();
        var x = Op.Cpus[1].Full(new Shape(1 << 20), DType.F32, 0.1f);
        Assert.Equal((1 << 20) * (double)0.1f, Ops.Sum(x).Item(), 0.2);
        Assert.Equal(0.1f, Ops.Mean(x).Item(), 2e-7);
    }

    [Fact]
    public void Sums_of_nothing_are_zero()
    {
        using var scope = new TensorScope();
        Assert.Equal(0, Ops.Sum(Op.Cpus[0].Zeros(new Shape(0))).Item());
        Assert.Equal(0, Ops.Mean(Op.Cpus[0].Zeros(new Shape(3, 0))).Item());
        Assert.Equal([0, 0, 0], Ops.Mean(Op.Cpus[0].Zeros(new Shape(3, 0)), lastAxis: true).ToDoubles());
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        using var scope = new TensorScope();
        Assert.Throws<ShapeException>(() => Ops.Sum(Op.Cpus[0].Zeros(Shape.Scalar), lastAxis: true));
        Assert.Throws<ShapeException>(() => Ops.MaskedMean(Op.Cpus[0].Zeros(new Shape(3)), Op.Cpus[0].Zeros(new Shape(4))));
    }
}
