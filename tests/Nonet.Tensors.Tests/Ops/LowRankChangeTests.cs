using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

public class LowRankChangeTests
{
    static readonly RandomKey Key = new(42, 3, 5);

    [Theory] // few rows and many, below, on and off the registers
    [InlineData(1, 7, 5, 1, 0), InlineData(9, 33, 17, 4, 0), InlineData(9, 33, 17, 4, 0.3f), InlineData(40, 19, 40, 16, 0.3f)]
    public void A_changed_layer_matches_its_definition(int rows, int width, int outputs, int rank, float dropout) =>
        Op.Check(t => Ops.Linear(t[0], t[1], t[2], t[3], change: new(t[4], t[5], 0.7f, dropout, Key)),
            [Seeded.Normal(rows, width), Seeded.Normal(outputs, width), Seeded.Normal(outputs), Seeded.Normal(rows, outputs), Seeded.Normal(rank, width),
                Seeded.Normal(outputs, rank)]);

    [Theory]
    [InlineData(Activation.GeluTanh, 0), InlineData(Activation.GeluTanh, 0.3f), InlineData(Activation.Silu, 0), InlineData(Activation.Silu, 0.3f)]
    public void A_nonlinearity_in_front_and_a_gate_match_their_definition(Activation f, float dropout)
    {
        foreach (var rows in new[] { 2, 9 })
        {
            Input x = Seeded.Normal(rows, 19), up = Seeded.Normal(rows, 19), w = Seeded.Normal(21, 19), a = Seeded.Normal(3, 19), b = Seeded.Normal(21, 3);
            Op.Check(t => Ops.Linear(t[0], t[1], input: f, change: new(t[2], t[3], 2, dropout, Key)), [x, w.Constant(), a, b]);
            Op.Check(t => Ops.Linear(t[0], t[1], input: f, change: new(t[2], t[3], 2, dropout, Key)), [x.Constant(), w, a, b]);
            Op.Check(t => Ops.LinearGated(t[0], t[1], t[2], null, null, f, new(t[3], t[4], 2, dropout, Key)), [x, up, w.Constant(), a, b]);
        }
    }

    [Theory]
    [InlineData(0), InlineData(0.3f)]
    public void Many_changed_projections_of_one_input_match_their_definition(float dropout) =>
        Op.Check(
            t =>
            {
                var y = Ops.LinearMany(t[0], [t[1], t[2], t[2]], [t[3], null, null],
                    [new(t[4], t[5], 0.5f, dropout, Key), null, new(t[6], t[7], 3, dropout, Key.At(8))]);
                return Ops.MatMul(y[0], Ops.Add(y[1], y[2]), transposeA: true);
            },
            [Seeded.Normal(9, 8), Seeded.Normal(5, 8), Seeded.Normal(7, 8), Seeded.Normal(5), Seeded.Normal(2, 8), Seeded.Normal(5, 2), Seeded.Normal(3, 8),
                Seeded.Normal(7, 3)]);

    [Theory]
    [InlineData(DType.Q8_0), InlineData(DType.Q4_K), InlineData(DType.BF16)]
    public void Frozen_weights_of_another_type_take_a_change(DType type) =>
        Op.Check(t => Ops.Linear(t[0], t[1], change: new(t[2], t[3], 0.7f, 0.3f, Key)),
            [Seeded.Normal(5, 256), Seeded.Normal(9, 256).As(type).Constant(), Seeded.Normal(2, 256), Seeded.Normal(9, 2)],
            tolerance: 1e-4, finiteDifferences: false);

    [Theory]
    [InlineData(0), InlineData(0.3f)]
    public void The_bits_are_those_of_the_separate_ops(float dropout)
    {
        Input[] inputs = [Seeded.Normal(40, 70), Seeded.Normal(50, 70), Seeded.Normal(50), Seeded.Normal(40, 50), Seeded.Normal(8, 70), Seeded.Normal(50, 8)];
        var one = Op.Run(Op.Cpus[0], t => Ops.Linear(t[0], t[1], t[2], t[3], change: new(t[4], t[5], 0.7f, dropout, Key)), inputs);
        var apart = Op.Run(Op.Cpus[0],
            t => Ops.Linear(Ops.Scale(Ops.Linear(Ops.Dropout(t[0], dropout, Key), t[4]), 0.7f), t[5], residual: Ops.Linear(t[0], t[1], t[2], t[3])), inputs);
        Assert.Equal(apart.Y, one.Y);
        Assert.Equal(apart.Gradients, one.Gradients);
    }

    [Theory] // 1,024 rows: y of 64 and the thin product of 4 are kept, and not f(x), its dropout or a second y
    [InlineData(0), InlineData(0.3f)]
    public void Only_the_result_and_the_thin_product_are_kept_for_the_backward_pass(float dropout)
    {
        var cpu = new CpuDevice(1);
        Tensor x = cpu.Zeros(new Shape(1024, 256)), w = cpu.Zeros(new Shape(64, 256)), a = cpu.Zeros(new Shape(4, 256)), b = cpu.Zeros(new Shape(64, 4));
        foreach (var t in new[] { x, a, b })
            t.Watch();
        cpu.Pool.Trim();
        var before = cpu.Pool.AllocatedBytes;
        using var scope = new TensorScope();
        using var tape = new Tape();
        _ = Ops.LinearGated(x, x, w, change: new(a, b, 1, dropout, Key));
        cpu.Pool.Trim();
        Assert.Equal(1024 * (64 + 4) * sizeof(float), cpu.Pool.AllocatedBytes - before);
    }

    [Fact]
    public void Shapes_and_probabilities_that_do_not_fit_are_named()
    {
        var device = Op.Cpus[0];
        Tensor x = device.Zeros(new Shape(3, 4)), w = device.Zeros(new Shape(5, 4));
        Tensor a = device.Zeros(new Shape(2, 4)), b = device.Zeros(new Shape(5, 2));
        var error = Assert.Throws<ShapeException>(() => Ops.Linear(x, w, change: new(b, a, 1)));
        Assert.Contains("expected A (r, 4), B (5, r)", error.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Ops.LinearMany(x, [w], null, [new(a, a, 1)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.Linear(x, w, change: new(a, b, 1, 1)));
    }
}
