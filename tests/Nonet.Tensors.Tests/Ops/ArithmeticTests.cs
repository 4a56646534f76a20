using Xunit;

namespace Nonet.Tensors.Tests;

public class ArithmeticTests
{
    [Theory]
    [InlineData(1, 1), InlineData(3, 7), InlineData(2, 16), InlineData(5, 33), InlineData(70, 3)]
    public void Add_and_Mul_of_one_shape_match_their_definition(int rows, int width)
    {
        Op.Check(t => Ops.Add(t[0], t[1]), [Seeded.Normal(rows, width), Seeded.Normal(rows, width)]);
        Op.Check(t => Ops.Mul(t[0], t[1]), [Seeded.Normal(rows, width), Seeded.Normal(rows, width)]);
    }

    [Theory] // below and above the rows that are summed together
    [InlineData(1, 1), InlineData(3, 7), InlineData(63, 16), InlineData(65, 33), InlineData(200, 5)]
    public void Add_and_Mul_of_a_row_match_their_definition(int rows, int width)
    {
        rows = Op.Tiny ? Math.Min(rows, 3) : rows;
        Op.Check(t => Ops.Add(t[0], t[1]), [Seeded.Normal(rows, width), Seeded.Normal(width)]);
        Op.Check(t => Ops.Mul(t[0], t[1]), [Seeded.Normal(rows, width), Seeded.Normal(width)]);
    }

    [Fact] // several chunks of the elementwise loop, several strips of columns
    public void Large_tensors_match_their_definition()
    {
        if (Op.Tiny)
            Assert.Skip("too slow without vector instructions");
        Op.Check(t => Ops.Add(Ops.Mul(t[0], t[1]), t[2]), [Seeded.Normal(70, 517), Seeded.Normal(70, 517), Seeded.Normal(517)], finiteDifferences: false);
        Op.Check(t => Ops.Mul(Ops.Scale(t[0], 3), t[1]), [Seeded.Normal(70, 517), Seeded.Normal(517)], finiteDifferences: false);
    }

    [Fact]
    public void A_tensor_added_to_itself_or_squared_gets_both_gradients()
    {
        Op.Check(t => Ops.Add(t[0], t[0]), [Seeded.Normal(3, 5)]);
        Op.Check(t => Ops.Mul(t[0], t[0]), [Seeded.Normal(3, 5)]);
        Op.Check(t => Ops.Mul(Ops.Add(t[0], t[1]), t[0]), [Seeded.Normal(3, 5), Seeded.Normal(3, 5)]);
    }

    [Fact]
    public void An_input_that_wants_no_gradient_gets_none()
    {
        Op.Check(t => Ops.Mul(t[0], t[1]), [Seeded.Normal(3, 5).Constant(), Seeded.Normal(5)]);
        Op.Check(t => Ops.Mul(t[0], t[1]), [Seeded.Normal(3, 5), Seeded.Normal(3, 5).Constant()]);
        Op.Check(t => Ops.Add(t[0], t[1]), [Seeded.Normal(3, 5).Constant(), Seeded.Normal(5)]);
    }

    [Theory]
    [InlineData(1), InlineData(19), InlineData(33)]
    public void Scale_matches_its_definition(int width) => Op.Check(t => Ops.Scale(t[0], -1.5f), [Seeded.Normal(3, width)]);

    [Theory]
    [InlineData(2, 3, 4), InlineData(2, 3, 3)]
    public void Shapes_that_do_not_broadcast_are_named(int rows, int width, int other)
    {
        var device = Op.Cpus[0];
        using var scope = new TensorScope();
        var b = device.Zeros(other == width ? new Shape(1, width) : new Shape(other));
        var e = Assert.Throws<ShapeException>(() => Ops.Add(device.Zeros(new Shape(rows, width)), b));
        Assert.Contains($"({rows}, {width})", e.Message, StringComparison.Ordinal);
        Assert.Contains(b.Shape.ToString(), e.Message, StringComparison.Ordinal);
    }
}
