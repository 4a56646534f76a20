using Xunit;

namespace Nonet.Tensors.Tests;

public class EmbeddingTests
{
    [Theory] // below, on and off every register width and the columns of a piece
    [InlineData(1), InlineData(7), InlineData(16), InlineData(33), InlineData(70)]
    public void Embedding_matches_its_definition(int width)
    {
        Op.Check(t => Ops.Embedding(t[0], t[1].Ids()), [Seeded.Normal(5, width), Seeded.Ids(5, 23)]); // ids repeat
        Op.Check(t => Ops.Embedding(t[0], t[1].Ids()), [Seeded.Normal(9, width), Seeded.Ids(9, 2, 3, 2)]);
    }

    [Theory]
    [InlineData(DType.BF16, 7), InlineData(DType.BF16, 41), InlineData(DType.F16, 7), InlineData(DType.F16, 41)]
    public void Weights_of_two_bytes_are_widened(DType type, int width) =>
        Op.Check(t => Ops.Embedding(t[0], t[1].Ids()), [Seeded.Normal(5, width).As(type).Constant(), Seeded.Ids(5, 6)], tolerance: 0);

    [Fact]
    public void Rows_are_gathered_and_gradients_of_equal_ids_add_up()
    {
        using var scope = new TensorScope();
        using var tape = new Autograd.Tape();
        var device = Op.Cpus[1];
        var w = device.From(new Shape(3, 2), [1f, 2, 3, 4, 5, 6]).Watch();
        var y = Ops.Embedding(w, device.From([2, 0, 2]));
        Assert.Equal([5, 6, 1, 2, 5, 6], y.ToDoubles());
        tape.Backward(y, device.From(new Shape(3, 2), [1f, 10, 100, 1000, 4, 40]));
        Assert.Equal([100, 1000, 0, 0, 5, 50], w.Gradient!.ToDoubles());
        w.Gradient.Dispose();
    }

    [Theory]
    [InlineData(-1), InlineData(5), InlineData(int.MaxValue), InlineData(int.MinValue)]
    public void An_id_outside_the_vocabulary_is_named(int id)
    {
        using var scope = new TensorScope();
        foreach (Device device in new Device[] { Op.Reference, Op.Cpus[0] })
        {
            var e = Assert.Throws<ShapeException>(() => Ops.Embedding(device.Zeros(new Shape(5, 4)), device.From([0, 4, id, 1])));
            Assert.Contains($"id {id} at index 2", e.Message, StringComparison.Ordinal);
            Assert.Contains("vocabulary of 5", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Shapes_and_types_that_do_not_fit_are_named()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        Assert.Throws<ShapeException>(() => Ops.Embedding(device.Zeros(new Shape(5)), device.From([0])));
        Assert.Throws<ShapeException>(() => Ops.Embedding(device.Zeros(new Shape(5, 4)), device.From(new Shape(1, 1, 1, 1), [0])));
    }
}
