using Nonet.Tensors.Quantization;
using Xunit;

namespace Nonet.Tensors.Tests.Quantization;

public class QuantizedLinearTests
{
    static Input Weights(DType type, params int[] shape) => Seeded.Normal(shape).As(type).Constant();

    static Input Q8(params int[] shape) => Weights(DType.Q8_0, shape);

    public static TheoryData<DType> Types => [.. QuantizedFormats.All.Select(f => f.Type)];

    /// <summary>No finite differences: rounding makes the value a staircase.</summary>
    static void Check(Func<Tensor[], Tensor> f, double tolerance, params Input[] inputs) => Op.Check(f, inputs, tolerance, finiteDifferences: false);

    [Theory] // below, on and off panels of rows and fours of activations; one and several blocks and pieces
    [InlineData(1, 32, 1), InlineData(1, 64, 7), InlineData(2, 32, 8), InlineData(3, 96, 40), InlineData(4, 32, 65), InlineData(5, 64, 8),
        InlineData(13, 160, 17), InlineData(50, 32, 33), InlineData(261, 64, 24)]
    public void Linear_matches_its_definition(int rows, int width, int outputs) =>
        Check(t => Ops.Linear(t[0], t[1], t[2], t[3]), 2e-6, Seeded.Normal(rows, width), Q8(outputs, width), Seeded.Normal(outputs),
            Seeded.Normal(rows, outputs));

    [Theory, MemberData(nameof(Types))] // values, and the gradient of x through frozen weights
    public void Every_format_matches_its_definition(DType type)
    {
        foreach (var (rows, width, outputs) in new[] { (1, 256, 3), (2, 512, 17), (5, 768, 33), (9, 256, 40) })
            Check(t => Ops.Linear(t[0], t[1], t[2], t[3]), 5e-6, Seeded.Normal(rows, width), Weights(type, outputs, width), Seeded.Normal(outputs),
                Seeded.Normal(rows, outputs));
        Check(t => Ops.Embedding(t[0], t[1].Ids()), 0, Weights(type, 11, 512), Seeded.Ids(11, 2, 5));
    }

    [Theory]
    [InlineData(2, 2048, 70), InlineData(9, 2048, 70)]
    public void Long_sums_match_their_definition(int rows, int width, int outputs) =>
        Check(t => Ops.Linear(t[0], t[1]), 1e-5, Seeded.Normal(rows, width), Q8(outputs, width));

    [Fact]
    public void Many_projections_of_one_input_match_their_definition() =>
        Check(
            t =>
            {
                var y = Ops.LinearMany(t[0], [t[1], t[2]], [t[3], null]);
                return Ops.MatMul(y[0], y[1], transposeA: true);
            },
            2e-5, Seeded.Normal(9, 64), Q8(5, 64), Q8(7, 64), Seeded.Normal(5));

    /// <summary>An activation that differs in its last bit may fall on the other side of a half: one step of its block.</summary>
    [Theory]
    [InlineData(2), InlineData(9)]
    public void Nonlinearity_of_the_input_and_gates_match_their_definitions(int rows)
    {
        Check(t => Ops.Linear(t[0], t[1], t[2], t[3], Activation.Gelu), 5e-3, Seeded.Normal(rows, 64), Q8(21, 64), Seeded.Normal(21), Seeded.Normal(rows, 21));
        Check(t => Ops.LinearGated(t[0], t[1], t[2], null, t[3]), 5e-3, Seeded.Normal(rows, 64), Seeded.Normal(rows, 64), Q8(21, 64), Seeded.Normal(rows, 21));
    }

    [Fact]
    public void Experts_of_every_format_match_their_definition()
    {
        foreach (var format in QuantizedFormats.All)
        {
            Check(
                // hidden values that differ in the last bit fall on another step
                t => Ops.MixtureOfExperts(t[0], t[1], [t[2], t[3]], [t[4], t[5]], [t[6], t[7]], new ExpertRouting(1)), 8e-2,
                Seeded.Normal(6, 256), Seeded.Uniform(0.1, 0.9, 6, 2).Constant(), Weights(format.Type, 256, 256), Weights(format.Type, 256, 256),
                Weights(format.Type, 256, 256),
                Weights(format.Type, 256, 256), Weights(format.Type, 256, 256), Weights(format.Type, 256, 256));
        }
    }

    /// <summary>Exactly one definition: whatever the register width, the instructions, the threads and the rows beside it.</summary>
    [Theory, MemberData(nameof(Types))]
    public void A_row_has_the_same_bits_on_every_device_and_in_every_batch(DType type)
    {
        foreach (var (width, outputs) in type.BlockElements() == 32 ? new[] { (64, 7), (96, 40), (1024, 90) } : [(256, 7), (1024, 90)])
        {
            Input x = Seeded.Normal(50, width), w = Weights(type, outputs, width);
            double[]? first = null;
            foreach (var cpu in Op.Cpus)
            {
                using var scope = new TensorScope();
                var weights = cpu.From(w.Shape, w.Values, type);
                var all = Ops.Linear(cpu.From(x.Shape, x.Values, DType.F32), weights).ToDoubles();
                Assert.Equal(first ??= all, all);
                foreach (var (row, count) in new[] { (0, 1), (17, 3), (45, 5) })
                    Assert.Equal(all[(row * outputs)..((row + count) * outputs)],
                        Ops.Linear(cpu.From(new Shape(count, width), x.Values.AsSpan(row * width, count * width), DType.F32), weights).ToDoubles());
            }
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void A_value_that_is_not_finite_makes_its_row_so(DType type)
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var w = device.From(new Shape(20, 512), Seeded.Normal(20, 512).Values, type);
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity })
        {
            var x = device.From(new Shape(5, 512), Seeded.Normal(5, 512).Values, DType.F32);
            x.SetValue(2 * 512 + 300, bad);
            var y = Ops.Linear(x, w).ToDoubles();
            for (var i = 0; i < y.Length; i++)
                Assert.Equal(i / 20 == 2, double.IsNaN(y[i]));
        }
    }

    [Theory, MemberData(nameof(Types))]
    public unsafe void Weights_that_change_are_packed_anew(DType type)
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var x = device.From(new Shape(1, 256), Seeded.Normal(1, 256).Values, DType.F32);
        var (first, second) =
            (device.From(new Shape(3, 256), Seeded.Normal(3, 256).Values, type), device.From(new Shape(3, 256), Seeded.Normal(3, 256).Values, type));
        var w = device.Empty(first.Shape, type);
        device.Copy(first, w);
        Assert.Equal(Ops.Linear(x, first).ToDoubles(), Ops.Linear(x, w).ToDoubles());
        device.Copy(second, w);
        Assert.Equal(Ops.Linear(x, second).ToDoubles(), Ops.Linear(x, w).ToDoubles());
        device.Upload(device.From(first.Shape, Seeded.Normal(3, 256).Values, type), w);
        Assert.NotEqual(Ops.Linear(x, second).ToDoubles(), Ops.Linear(x, w).ToDoubles());
    }

    [Fact]
    public void Blocks_hold_what_they_were_made_from_and_are_made_again_from_it_bit_for_bit()
    {
        using var scope = new TensorScope();
        foreach (Device device in new Device[] { Op.Reference, Op.Cpus[0] })
        {
            var x = Seeded.Normal(40, 480);
            var blocks = device.From(x.Shape, x.Values, DType.Q8_0);
            Op.Close(x.Values, blocks.ToDoubles(), 1 / 200.0, "blocks");
            var wide = device.Empty(x.Shape, DType.F32);
            device.Copy(blocks, wide);
            Assert.Equal(blocks.ToDoubles(), wide.ToDoubles());
            var again = device.Empty(x.Shape, DType.Q8_0);
            device.Copy(wide, again);
            Assert.Equal(blocks.RowBytes(0, 40), again.RowBytes(0, 40));
            device.Copy(blocks, again);
            Assert.Equal(blocks.RowBytes(7, 2), again.RowsView(7, 2).RowBytes(0, 2));
            Assert.Equal(480 / 32 * 34 * 2, again.RowBytes(7, 2).Length);
        }
    }

    [Fact]
    public void What_takes_no_blocks_says_so()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var w = device.Empty(new Shape(4, 64), DType.Q8_0);
        string Message(Action action) => Assert.Throws<ShapeException>(action).Message;
        Assert.Contains("expected rows of a multiple of 32 elements", Message(() => device.Empty(new Shape(4, 48), DType.Q8_0)), StringComparison.Ordinal);
        Assert.Contains("expected rows of a multiple of 32 elements", Message(() => w.Reshape(new Shape(16, 16))), StringComparison.Ordinal);
        Assert.Contains("quantised weights are frozen", Message(() => w.Watch()), StringComparison.Ordinal);
        Assert.Contains("quantise whole rows", Message(() => w.SetValue(0, 1)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.Add(w, w)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.Transpose(w, 0, 1)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.MatMul(device.Zeros(new Shape(2, 4)), w)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.Concat(0, w, w)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => w.AsSpan<byte>()), StringComparison.Ordinal);
    }
}
