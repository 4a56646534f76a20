using Xunit;

namespace Nonet.Tensors.Tests;

public class NormTests
{
    [Theory] // below, on and off every register width and its fours; rows below and above those summed together
    [InlineData(1, 7), InlineData(3, 16), InlineData(2, 33), InlineData(65, 19), InlineData(130, 67), InlineData(3, 400)]
    public void LayerNorm_matches_its_definition(int rows, int width)
    {
        rows = Op.Tiny ? Math.Min(rows, 3) : rows;
        Input x = Seeded.Normal(rows, width), w = Seeded.Normal(width), b = Seeded.Normal(width);
        Op.Check(t => Ops.LayerNorm(t[0], t[1], t[2], 1e-5f), [x, w, b]);
        Op.Check(t => Ops.LayerNorm(t[0], t[1], null, 1e-5f), [x, w]);
    }

    [Theory]
    [InlineData(1, 7), InlineData(3, 16), InlineData(2, 33), InlineData(65, 19), InlineData(130, 67), InlineData(3, 400)]
    public void RmsNorm_matches_its_definition(int rows, int width)
    {
        rows = Op.Tiny ? Math.Min(rows, 3) : rows;
        Input x = Seeded.Normal(rows, width), w = Seeded.Normal(width);
        Op.Check(t => Ops.RmsNorm(t[0], t[1], 1e-5f), [x, w]);
        Op.Check(t => Ops.RmsNorm(t[0], t[1], 1e-5f, offset: 1), [x, w]);
    }

    [Fact]
    public void Only_wanted_gradients_are_computed()
    {
        foreach (var (x, w, b) in new[] { (true, false, false), (false, true, false), (false, false, true), (true, false, true) })
        {
            Input[] inputs = [Seeded.Normal(5, 19), Seeded.Normal(19), Seeded.Normal(19)];
            inputs = [x ? inputs[0] : inputs[0].Constant(), w ? inputs[1] : inputs[1].Constant(), b ? inputs[2] : inputs[2].Constant()];
            Op.Check(t => Ops.LayerNorm(t[0], t[1], t[2], 1e-5f), inputs);
            if (x || w)
                Op.Check(t => Ops.RmsNorm(t[0], t[1], 1e-5f), inputs[..2]);
        }
    }

    [Fact] // a variance by E[x²] - E[x]² would lose every digit here
    public void LayerNorm_of_rows_far_from_zero_stays_accurate()
    {
        var x = Seeded.Normal(4, 384);
        x = x with { Values = [.. x.Values.Select(v => (double)(float)(1000 + v))] };
        Op.Check(t => Ops.LayerNorm(t[0], t[1], null, 1e-5f), [x, Seeded.Normal(384)], tolerance: 2e-4, finiteDifferences: false);
    }

    [Fact]
    public void A_constant_row_gives_the_bias()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var y = Ops.LayerNorm(device.Full(new Shape(2, 9), DType.F32, 5), device.Full(new Shape(9), DType.F32, 3), device.Full(new Shape(9), DType.F32, 2),
            1e-5f);
        Assert.All(y.ToDoubles(), v => Assert.Equal(2, v));
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_among_others()
    {
        using var scope = new TensorScope();
        Input x = Seeded.Normal(100, 77), w = Seeded.Normal(77);
        foreach (var device in Op.Cpus)
        {
            var gain = device.From(w.Shape, w.Values, DType.F32);
            var all = Ops.LayerNorm(device.From(x.Shape, x.Values, DType.F32), gain, null, 1e-5f).ToDoubles();
            var one = Ops.LayerNorm(device.From(new Shape(1, 77), x.Values.AsSpan(42 * 77, 77), DType.F32), gain, null, 1e-5f).ToDoubles();
            Assert.Equal(all[(42 * 77)..(43 * 77)], one);
        }
    }

    [Theory]
    [InlineData(DType.BF16), InlineData(DType.F16)]
    public void A_gain_of_two_bytes_matches_the_definition(DType type) =>
        Op.Check(t => Ops.RmsNorm(t[0], t[1], 1e-5f), [Seeded.Normal(3, 33), Seeded.Normal(33).As(type).Constant()]);

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var x = device.Zeros(new Shape(2, 6));
        var e = Assert.Throws<ShapeException>(() => Ops.RmsNorm(x, device.Zeros(new Shape(5)), 1e-5f));
        Assert.Contains("(2, 6)", e.Message, StringComparison.Ordinal);
        Assert.Contains("(5)", e.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Ops.LayerNorm(x, device.Zeros(new Shape(6)), device.Zeros(new Shape(5)), 1e-5f));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.LayerNorm(x, device.Zeros(new Shape(6)), null, -1));
    }
}
