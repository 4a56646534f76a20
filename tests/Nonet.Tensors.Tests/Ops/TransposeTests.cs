using Xunit;

namespace Nonet.Tensors.Tests;

public class TransposeTests
{
    [Theory]
    [InlineData(0, 1), InlineData(0, 2), InlineData(0, 3), InlineData(1, 2), InlineData(1, 3), InlineData(2, 3), InlineData(-1, 0), InlineData(2, 2)]
    public void Any_two_of_four_axes_change_places(int a, int b) =>
        Op.Check(t => Ops.Transpose(t[0], a, b), [Seeded.Normal(3, 5, 2, 4)], tolerance: 0);

    [Theory]
    [InlineData(1, 1), InlineData(33, 1), InlineData(32, 64), InlineData(100, 70)]
    public void Matrices_on_and_off_the_tile_match_the_definition(int rows, int columns) =>
        Op.Check(t => Ops.Transpose(t[0], 0, 1), [Seeded.Normal(rows, columns)], tolerance: 0);

    [Fact]
    public void Ids_and_short_floats_are_transposed_too()
    {
        using var scope = new TensorScope();
        var x = Op.Cpus[0].From(new Shape(2, 3), [1, 2, 3, 4, 5, 6], DType.BF16);
        Assert.Equal([1, 4, 2, 5, 3, 6], Ops.Transpose(x, 0, 1).ToDoubles());
        x = Op.Cpus[0].From(new Shape(2, 3), [1, 2, 3, 4, 5, -6], DType.I32);
        Assert.Equal([1, 4, 2, 5, 3, -6], Ops.Transpose(x, 0, 1).ToDoubles());
    }

    [Fact]
    public void An_axis_that_is_not_there_is_named() =>
        Assert.Contains("axis 2", Assert.Throws<ShapeException>(() => Ops.Transpose(Op.Cpus[0].Zeros(new Shape(2, 3)), 0, 2)).Message,
            StringComparison.Ordinal);
}
