using Xunit;

namespace Nonet.Tensors.Tests;

public class LinearTests
{
    [Theory] // below, on and off the tile's six rows and every register width; few rows take the other kernel
    [InlineData(1, 1, 1), InlineData(1, 33, 7), InlineData(3, 16, 40), InlineData(4, 7, 65), InlineData(6, 32, 32), InlineData(13, 5, 17),
        InlineData(50, 40, 33)]
    public void Linear_matches_its_definition(int rows, int width, int outputs) =>
        Op.Check(t => Ops.Linear(t[0], t[1], t[2], t[3]),
            [Seeded.Normal(rows, width), Seeded.Normal(outputs, width), Seeded.Normal(outputs), Seeded.Normal(rows, outputs)]);

    [Theory] // several chains of k, several slabs of packed B, rows a multiple of 4 KB apart
    [InlineData(100, 700, 70), InlineData(7, 1024, 90), InlineData(700, 20, 30)]
    public void Long_sums_match_their_definition(int rows, int width, int outputs) =>
        Op.Check(t => Ops.Linear(t[0], t[1], t[2]), [Seeded.Normal(rows, width), Seeded.Normal(outputs, width), Seeded.Normal(outputs)],
            finiteDifferences: false);

    [Theory]
    [InlineData(Activation.Gelu), InlineData(Activation.GeluTanh), InlineData(Activation.Silu), InlineData(Activation.Relu), InlineData(Activation.Tanh),
        InlineData(Activation.Sigmoid)]
    public void Nonlinearity_of_the_input_matches_its_definition(Activation f)
    {
        foreach (var rows in new[] { 2, 9 })
            Op.Check(t => Ops.Linear(t[0], t[1], t[2], t[3], f), [Seeded.Normal(rows, 19), Seeded.Normal(21, 19), Seeded.Normal(21), Seeded.Normal(rows, 21)]);
    }

    [Theory]
    [InlineData(Activation.Silu), InlineData(Activation.GeluTanh)]
    public void Gated_input_matches_its_definition(Activation f)
    {
        foreach (var rows in new[] { 2, 9 })
            Op.Check(t => Ops.LinearGated(t[0], t[1], t[2], null, t[3], f),
                [Seeded.Normal(rows, 19), Seeded.Normal(rows, 19), Seeded.Normal(21, 19), Seeded.Normal(rows, 21)]);
    }

    [Theory]
    [InlineData(DType.BF16, 2), InlineData(DType.BF16, 9), InlineData(DType.F16, 2), InlineData(DType.F16, 9)]
    public void Weights_of_two_bytes_match_the_definition_and_still_give_dx(DType type, int rows) =>
        Op.Check(t => Ops.Linear(t[0], t[1], t[2]), [Seeded.Normal(rows, 37), Seeded.Normal(21, 37).As(type).Constant(), Seeded.Normal(21)]);

    [Theory]
    [InlineData(DType.BF16, 2), InlineData(DType.BF16, 9), InlineData(DType.F16, 2), InlineData(DType.F16, 9)]
    public void A_bias_of_two_bytes_matches_the_definition(DType type, int rows) =>
        Op.Check(t => Ops.Linear(t[0], t[1], t[2]),
            [Seeded.Normal(rows, 37), Seeded.Normal(21, 37).As(type).Constant(), Seeded.Normal(21).As(type).Constant()]);

    [Fact]
    public void Many_projections_of_one_input_match_their_definition() =>
        Op.Check(
            t =>
            {
                var y = Ops.LinearMany(t[0], [t[1], t[2]], [t[3], null]);
                return Ops.MatMul(y[0], y[1], transposeA: true);
            },
            [Seeded.Normal(9, 8), Seeded.Normal(5, 8), Seeded.Normal(7, 8), Seeded.Normal(5)]);

    [Theory]
    [InlineData(false, false), InlineData(false, true), InlineData(true, false), InlineData(true, true)]
    public void MatMul_matches_its_definition_in_every_transposition(bool ta, bool tb)
    {
        foreach (var (batch, m, n, k) in new[] { (1, 1, 1, 1), (3, 7, 5, 9), (9, 13, 34, 6), (1, 61, 35, 20) })
        {
            Op.Check(t => Ops.MatMul(t[0], t[1], ta, tb),
                [ta ? Seeded.Normal(batch, k, m) : Seeded.Normal(batch, m, k), tb ? Seeded.Normal(batch, n, k) : Seeded.Normal(batch, k, n)]);
        }
    }

    [Theory] // one chain of k and several, below, on and off the register widths
    [InlineData(DType.F32, 7), InlineData(DType.F32, 300), InlineData(DType.F32, 384), InlineData(DType.F32, 1001), InlineData(DType.BF16, 1001),
        InlineData(DType.F16, 500)]
    public void A_row_has_the_same_bits_alone_and_among_others_at_any_thread_count_and_width(DType type, int width)
    {
        const int Rows = 64, Outputs = 70;
        Input x = Seeded.Normal(Rows, width), up = Seeded.Normal(Rows, width), w = Seeded.Normal(Outputs, width), b = Seeded.Normal(Outputs);
        double[][]? want = null;
        foreach (var device in Op.Cpus)
        {
            using var scope = new TensorScope();
            var weights = device.From(w.Shape, w.Values, type);
            var bias = device.From(b.Shape, b.Values, DType.F32);
            want ??= Logits(0, Rows);
            foreach (var batch in Op.SoftwareFma ? [1, 6, 33] : new[] { 1, 2, 3, 6, 7, 32, 33, 64 })
            {
                var parts = Enumerable.Range(0, (Rows + batch - 1) / batch).Select(i => Logits(i * batch, Math.Min(batch, Rows - i * batch))).ToArray();
                for (var kind = 0; kind < want.Length; kind++)
                    Assert.Equal(want[kind], parts.SelectMany(p => p[kind]));
            }

            double[][] Logits(int first, int rows)
            {
                var part = device.From(new Shape(rows, width), x.Values.AsSpan(first * width, rows * width), DType.F32);
                var gate = device.From(new Shape(rows, width), up.Values.AsSpan(first * width, rows * width), DType.F32);
                return [Ops.Linear(part, weights, bias).ToDoubles(), Ops.Linear(part, weights).ToDoubles(),
                    Ops.LinearGated(part, gate, weights, bias, null, Activation.Relu).ToDoubles()];
            }
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var device = Op.Cpus[0];
        var e = Assert.Throws<ShapeException>(() => Ops.Linear(device.Zeros(new Shape(3, 4)), device.Zeros(new Shape(5, 6))));
        Assert.Contains("(3, 4)", e.Message, StringComparison.Ordinal);
        Assert.Contains("(5, 6)", e.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Ops.MatMul(device.Zeros(new Shape(3, 4)), device.Zeros(new Shape(5, 6))));
        Assert.Throws<ShapeException>(() => Ops.Linear(device.Zeros(new Shape(3, 4)), device.Zeros(new Shape(5, 4)), device.Zeros(new Shape(4))));
    }
}
