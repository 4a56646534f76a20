using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

public class BatchTests
{
    static int[] Ints(Indices x) => x.Values.ToArray();

    [Fact]
    public void Sequences_lie_end_to_end()
    {
        using var scope = new TensorScope();
        var batch = Batch.Of(TinyModels.Cpu, [7, 8, 9], [4], [5, 6]);
        Assert.Equal([7, 8, 9, 4, 5, 6], Ints(batch.Ids));
        Assert.Equal([0, 1, 2, 0, 0, 1], Ints(batch.Positions));
        Assert.Equal([0, 3, 4, 6], Ints(batch.Starts));
        Assert.Equal((6, 3, 3), (batch.Tokens, batch.Sequences, batch.Longest));
    }

    [Fact]
    public void Equal_sequences_are_the_special_case()
    {
        using var scope = new TensorScope();
        var batch = Batch.Of(TinyModels.Cpu, [1, 2, 3, 4, 5, 6], sequenceLength: 2);
        Assert.Equal([0, 1, 0, 1, 0, 1], Ints(batch.Positions));
        Assert.Equal([0, 2, 4, 6], Ints(batch.Starts));
        Assert.Equal(2, batch.Longest);
    }

    [Fact]
    public void Ragged_ids_and_empty_sequences_are_refused()
    {
        using var scope = new TensorScope();
        Assert.Equal("5 ids do not divide into sequences of 2 tokens",
            Assert.Throws<ShapeException>(() => Batch.Of(TinyModels.Cpu, [1, 2, 3, 4, 5], 2)).Message);
        Assert.Equal("sequence 1 of a batch is empty; expected at least one token",
            Assert.Throws<ShapeException>(() => Batch.Of(TinyModels.Cpu, [1], [])).Message);
    }

    [Theory]
    [InlineData(new[] { 0, 2 })] // does not reach the end
    [InlineData(new[] { 1, 3 })] // does not begin at 0
    [InlineData(new[] { 0, 2, 2, 3 })] // an empty sequence
    [InlineData(new[] { 0, 4, 3 })] // falls
    [InlineData(new[] { 0 })]
    public void Starts_must_rise_from_0_to_N(int[] starts)
    {
        using var scope = new TensorScope();
        var ids = TinyModels.Cpu.From([1, 2, 3]);
        Assert.Throws<ShapeException>(() => new Batch(ids, ids, TinyModels.Cpu.From(starts)));
    }
}
