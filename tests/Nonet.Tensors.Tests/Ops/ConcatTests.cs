using Xunit;

namespace Nonet.Tensors.Tests;

public class ConcatTests
{
    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(-1)]
    public void Concat_matches_its_definition_along_every_axis(int axis)
    {
        int[] a = [2, 3, 5], b = [2, 3, 5];
        b[axis < 0 ? axis + 3 : axis] = 17;
        Op.Check(t => Ops.Concat(axis, t[0], t[1], t[0]), [Seeded.Normal(a), Seeded.Normal(b)], tolerance: 1e-6);
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(-2)]
    public void Slice_and_split_match_their_definitions_along_every_axis(int axis)
    {
        var x = Seeded.Normal(6, 6, 6);
        Op.Check(t => Ops.Slice(t[0], axis, 2, 3), [x], tolerance: 0);
        Op.Check(t => Ops.Concat(axis, [.. Ops.Split(t[0], axis, 1, 3, 2).Reverse()]), [x], tolerance: 0);
        Op.Check(t => Ops.Split(t[0], axis, 1, 3, 2)[1], [x], tolerance: 0); // parts that nobody uses have zero gradients
    }

    [Fact]
    public void Blocks_of_several_pieces_match_the_definition()
    {
        if (Op.Tiny)
            return;
        var wide = Seeded.Normal(3, 20000);
        Op.Check(t => Ops.Concat(1, t[0], t[0]), [wide], finiteDifferences: false);
        Op.Check(t => Ops.Slice(t[0], 1, 100, 19000), [wide], finiteDifferences: false);
        Op.Check(t => Ops.Slice(t[0], 1, 3, 5), [Seeded.Normal(7000, 9)], finiteDifferences: false);
    }

    [Fact]
    public void Elements_land_where_they_belong()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var a = device.From(new Shape(2, 2), [1f, 2, 3, 4]);
        var b = device.From(new Shape(2, 1), [5f, 6]);
        var y = Ops.Concat(1, a, b);
        Assert.Equal(new Shape(2, 3), y.Shape);
        Assert.Equal([1, 2, 5, 3, 4, 6], y.ToDoubles());
        Assert.Equal([2, 5, 4, 6], Ops.Slice(y, -1, 1, 2).ToDoubles());
        Assert.Equal([3, 4, 6], Ops.Split(y, 0, 1, 1)[1].ToDoubles());
        // whole numbers too
        Assert.Equal([1, 2, 3, 2, 3, 1],
            Ops.Concat(0, device.From(new Shape(3), [1, 2, 3], DType.I32), device.From(new Shape(3), [2, 3, 1], DType.I32)).ToDoubles());
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var x = device.Zeros(new Shape(2, 3));
        Assert.Contains("(2, 4)", Assert.Throws<ShapeException>(() => Ops.Concat(0, x, device.Zeros(new Shape(2, 4)))).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Ops.Concat(0));
        Assert.Throws<ShapeException>(() => Ops.Concat(2, x));
        Assert.Contains("1 + 1 = 2", Assert.Throws<ShapeException>(() => Ops.Split(x, 1, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Ops.Split(x, 1, 4, -1));
        Assert.Throws<ShapeException>(() => Ops.Slice(x, 1, 2, 2));
        Assert.Throws<ShapeException>(() => Ops.Slice(x, 1, -1, 2));
        Assert.Throws<ShapeException>(() => Ops.Slice(x, 1, 1, int.MaxValue));
    }
}
