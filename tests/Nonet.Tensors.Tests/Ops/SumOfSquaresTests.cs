using Xunit;

namespace Nonet.Tensors.Tests;

public class SumOfSquaresTests
{
    [Theory]
    [InlineData(0), InlineData(1), InlineData(7), InlineData(16), InlineData(33), InlineData(100_000)]
    public void Matches_its_definition_with_the_same_bits_everywhere(int count)
    {
        count = Op.Tiny ? Math.Min(count, 100) : count;
        double[] values = [.. Enumerable.Range(0, count).Select(i => (double)(float)Philox.Normal(new RandomKey(6, 0, 0), (ulong)i))];
        using var scope = new TensorScope();
        var want = Ops.SumOfSquares(Op.Reference.From(new Shape(count), values, DType.F64));
        double? first = null;
        foreach (var cpu in Op.Cpus)
        {
            var got = Ops.SumOfSquares(cpu.From(new Shape(count), values, DType.F32));
            Assert.Equal(want, got, 1e-12 * (want + 1));
            Assert.Equal(first ??= got, got);
        }
    }

    [Fact]
    public void Large_values_do_not_overflow_and_infinities_and_nans_show()
    {
        foreach (var cpu in Op.Cpus)
        {
            using var scope = new TensorScope();
            Assert.Equal(2e60, Ops.SumOfSquares(cpu.From(new Shape(2), [1e30f, 1e30f])), 2e54);
            Assert.True(double.IsNaN(Ops.SumOfSquares(cpu.From(new Shape(40), [.. Enumerable.Range(0, 40).Select(i => i == 17 ? float.NaN : 1)]))));
            Assert.Equal(double.PositiveInfinity, Ops.SumOfSquares(cpu.From(new Shape(2), [1f, float.NegativeInfinity])));
        }
    }
}
