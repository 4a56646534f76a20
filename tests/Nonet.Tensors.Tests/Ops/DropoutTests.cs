using Xunit;

namespace Nonet.Tensors.Tests;

public class DropoutTests
{
    static readonly RandomKey Key = new(42, 3, 5);

    [Theory] // the last: several chunks, several batches of random numbers
    [InlineData(1), InlineData(7), InlineData(16), InlineData(33), InlineData(5557)]
    public void Dropout_matches_its_definition(int width) =>
        Op.Check(t => Ops.Dropout(t[0], 0.3f, Key), [Seeded.Normal(3, Op.Tiny ? Math.Min(width, 33) : width)]);

    [Theory]
    [InlineData(1), InlineData(33), InlineData(5557)]
    public void Dropout_beside_a_residual_matches_its_definition(int width)
    {
        var shape = (Rows: 3, Width: Op.Tiny ? Math.Min(width, 33) : width);
        Op.Check(t => Ops.Dropout(t[0], 0.3f, Key, t[1]), [Seeded.Normal(shape.Rows, shape.Width), Seeded.Normal(shape.Rows, shape.Width)]);
    }

    [Fact]
    public void A_residual_is_added_as_by_Add_and_has_the_shape_of_x()
    {
        using var scope = new TensorScope();
        var (x, r) = (Op.Cpus[0].Full(new Shape(300), DType.F32, 0.1), Op.Cpus[0].Full(new Shape(300), DType.F32, 0.7));
        foreach (var p in new[] { 0, 0.3f })
            Assert.Equal(Ops.Add(r, Ops.Dropout(x, p, Key)).ToDoubles(), Ops.Dropout(x, p, Key, r).ToDoubles());
        Assert.Throws<ShapeException>(() => Ops.Dropout(x, 0.3f, Key, Op.Cpus[0].Zeros(new Shape(299))));
    }

    [Fact]
    public void The_share_of_zeros_is_p_and_the_mean_stays()
    {
        using var scope = new TensorScope();
        var y = Ops.Dropout(Op.Cpus[0].Full(new Shape(20000), DType.F32, 1), 0.3f, Key).ToDoubles();
        Assert.InRange(y.Count(v => v == 0) / 20000.0, 0.28, 0.32);
        Assert.InRange(y.Average(), 0.97, 1.03);
    }

    [Fact]
    public void Another_step_or_site_draws_another_mask_and_the_same_key_the_same()
    {
        using var scope = new TensorScope();
        var x = Op.Cpus[0].Full(new Shape(64), DType.F32, 1);
        var y = Ops.Dropout(x, 0.5f, Key).ToDoubles();
        Assert.Equal(y, Ops.Dropout(x, 0.5f, Key).ToDoubles());
        Assert.NotEqual(y, Ops.Dropout(x, 0.5f, Key with { Step = 4 }).ToDoubles());
        Assert.NotEqual(y, Ops.Dropout(x, 0.5f, Key.At("elsewhere")).ToDoubles());
        Assert.NotEqual(y, Ops.Dropout(x, 0.5f, Key with { Seed = 43 }).ToDoubles());
    }

    [Fact]
    public void Zero_probability_is_x_itself_and_others_outside_are_refused()
    {
        using var scope = new TensorScope();
        var x = Op.Cpus[0].Zeros(new Shape(3));
        Assert.Same(x, Ops.Dropout(x, 0, Key));
        foreach (var p in new[] { -0.1f, 1, float.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => Ops.Dropout(x, p, Key));
    }
}
