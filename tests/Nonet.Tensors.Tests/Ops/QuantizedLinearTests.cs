using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

public class QuantizedLinearTests
{
    static Input Q8(params int[] shape) => Seeded.Normal(shape).As(DType.Q8_0).Constant();

    /// <summary>No finite differences: rounding makes the value a staircase.</summary>
    static void Check(Func<Tensor[], Tensor> f, double tolerance, params Input[] inputs) => Op.Check(f, inputs, tolerance, finiteDifferences: false);

    [Theory] // below, on and off panels of eight rows and fours of activations; one and several blocks and pieces
    [InlineData(1, 32, 1), InlineData(1, 64, 7), InlineData(2, 32, 8), InlineData(3, 96, 40), InlineData(4, 32, 65), InlineData(5, 64, 8), InlineData(13, 160, 17), InlineData(50, 32, 33), InlineData(261, 64, 24)]
    public void Linear_matches_its_definition(int rows, int width, int outputs) =>
        Check(t => Ops.Linear(t[0], t[1], t[2], t[3]), 2e-6, Seeded.Normal(rows, width), Q8(outputs, width), Seeded.Normal(outputs), Seeded.Normal(rows, outputs));

    [Theory]
    [InlineData(2, 2048, 70), InlineData(9, 2048, 70)]
    public void Long_sums_match_their_definition(int rows, int width, int outputs) => Check(t => Ops.Linear(t[0], t[1]), 1e-5, Seeded.Normal(rows, width), Q8(outputs, width));

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
    public void Embedding_matches_its_definition() => Check(t => Ops.Embedding(t[0], t[1].Ids()), 0, Q8(11, 96), Seeded.Ids(11, 2, 5));

    /// <summary>Exactly one definition: whatever the register width, the instructions, the threads and the rows beside it.</summary>
    [Theory]
    [InlineData(64, 7), InlineData(96, 40), InlineData(1024, 90)]
    public void A_row_has_the_same_bits_on_every_device_and_in_every_batch(int width, int outputs)
    {
        Input x = Seeded.Normal(50, width), w = Q8(outputs, width);
        double[]? first = null;
        foreach (var cpu in Op.Cpus)
        {
            using var scope = new TensorScope();
            var weights = cpu.From(w.Shape, w.Values, DType.Q8_0);
            var all = Ops.Linear(cpu.From(x.Shape, x.Values, DType.F32), weights).ToDoubles();
            Assert.Equal(first ??= all, all);
            foreach (var (row, count) in new[] { (0, 1), (17, 3), (45, 5) })
                Assert.Equal(all[(row * outputs)..((row + count) * outputs)], Ops.Linear(cpu.From(new Shape(count, width), x.Values.AsSpan(row * width, count * width), DType.F32), weights).ToDoubles());
        }
    }

    [Fact]
    public unsafe void The_processors_instructions_give_what_the_portable_twin_gives()
    {
        var key = new RandomKey(3, 0, 0);
        for (var round = 0UL; round < 200; round++)
        {
            var (w, a) = (new sbyte[32], new sbyte[32]);
            var exact = new int[8];
            for (var i = 0; i < 32; i++)
            {
                w[i] = round == 0 ? sbyte.MinValue : (sbyte)(Philox.Below(key, round * 64 + (ulong)i, 256) - 128);
                a[i] = round == 0 ? (sbyte)-127 : (sbyte)(Philox.Below(key, round * 64 + 32 + (ulong)i, 255) - 127);
                exact[i / 4] += w[i] * a[i];
            }
            var (vw, va) = (Vector256.Create(w), Vector256.Create(a));
            var magnitude = Vector256.Abs(vw).AsByte();
            var want = Vector256.Create(exact) + Vector256.Create(5);
            Assert.Equal(want, PortableInt8Dot.Add(Vector256.Create(5), vw, magnitude, va));
            if (Avx2.IsSupported)
                Assert.Equal(want, AvxInt8Dot.Add(Vector256.Create(5), vw, magnitude, va));
            if (AvxVnni.IsSupported)
                Assert.Equal(want, VnniInt8Dot.Add(Vector256.Create(5), vw, magnitude, va));
        }
    }

    [Fact]
    public unsafe void Activations_are_rounded_in_registers_as_one_by_one()
    {
        var key = new RandomKey(4, 0, 0);
        var (x, q, want) = (new float[32], new sbyte[32], new sbyte[32]);
        for (var round = 0UL; round < 500; round++)
        {
            for (var i = 0; i < 32; i++)
                x[i] = (float)(Math.Pow(10, Philox.Below(key, round, 12) - 6) * Philox.Normal(key.At(1), round * 32 + (ulong)i));
            if (round == 0)
                Array.Clear(x);
            if (round == 1)
                x[30] = float.NaN;
            if (round == 2)
                x[3] = float.NegativeInfinity;
            float d;
            fixed (float* px = x)
            fixed (sbyte* pq = q)
                d = Q8Product.Round(px, pq);
            Assert.Equal(Q8Block.Round(x, want), d);
            Assert.Equal(want, q);
            Assert.Equal(round is 1 or 2, float.IsNaN(d));
        }
    }

    [Fact]
    public void Halves_of_activations_go_to_even_and_their_scale_to_half_precision()
    {
        var x = new float[32];
        (x[0], x[1], x[2], x[3]) = (127, 0.5f, 1.5f, -2.5f);
        var q = new sbyte[32];
        Assert.Equal(1, Q8Block.Round(x, q));
        Assert.Equal([127, 0, 2, -2], q[..4]);
        x[0] = 100;
        Assert.Equal((float)(Half)(100f / 127), Q8Block.Round(x, q));
    }

    [Fact]
    public void Blocks_hold_what_they_were_made_from_and_are_made_again_from_it_bit_for_bit()
    {
        using var scope = new TensorScope();
        foreach (Device device in new Device[] { Op.Reference, Op.Cpus[0] })
        {
            var x = Seeded.Normal(40, 480);
            var blocks = device.From(x.Shape, x.Values, DType.Q8_0);
            Op.Close(x.Values, blocks.ToDoubles(), 1 / 250.0, "blocks");
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
        Assert.Contains("rows of a multiple of 32 elements are needed", Message(() => device.Empty(new Shape(4, 48), DType.Q8_0)), StringComparison.Ordinal);
        Assert.Contains("rows of a multiple of 32 elements are needed", Message(() => w.Reshape(new Shape(16, 16))), StringComparison.Ordinal);
        Assert.Contains("quantised weights are frozen", Message(() => w.Watch()), StringComparison.Ordinal);
        Assert.Contains("set by blocks", Message(() => w.SetValue(0, 1)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.Add(w, w)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.Transpose(w, 0, 1)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.MatMul(device.Zeros(new Shape(2, 4)), w)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => Ops.Concat(0, w, w)), StringComparison.Ordinal);
        Assert.Contains("Q8_0", Message(() => w.AsSpan<byte>()), StringComparison.Ordinal);
    }
}
