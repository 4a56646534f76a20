using Xunit;

namespace Nonet.Tensors.Tests;

public class RotaryTests
{
    [Theory] // heads x width of a head, and how much of it turns
    [InlineData(1, 2, 2), InlineData(3, 6, 6), InlineData(2, 16, 16), InlineData(2, 34, 34), InlineData(2, 64, 64), InlineData(2, 20, 6), InlineData(1, 50, 32)]
    public void Rotary_matches_its_definition_in_both_layouts(int heads, int headWidth, int width)
    {
        foreach (var layout in Enum.GetValues<RotaryLayout>())
        {
            Input[] inputs = [Seeded.Normal(5, heads * headWidth), Seeded.Ints(0, 7, 3, 299, 3)];
            Op.Check(t => Ops.Rotary(t[0], t[1].Ids(), Table(t[0].Device, width, layout), headWidth), inputs);
            // the gradient turns back in its own buffer where x is a result
            Op.Check(t => Ops.Rotary(Ops.Linear(t[0], t[2]), t[1].Ids(), Table(t[0].Device, width, layout), headWidth),
                [.. inputs, Seeded.Normal(2 * headWidth, heads * headWidth)]);
        }
    }

    [Fact]
    public void Given_frequencies_and_scale_match_the_definition()
    {
        foreach (var layout in Enum.GetValues<RotaryLayout>())
        {
            Op.Check(
                t => Ops.Rotary(t[0], t[1].Ids(), new RotaryTable(t[0].Device, 64, 6, layout: layout, inverseFrequencies: [0.5, 0.25, 0.01], scale: 1.25), 6),
                [Seeded.Normal(2, 12), Seeded.Ints(1, 63)]);
        }
    }

    [Fact]
    public void A_quarter_turn_as_computed_by_hand()
    {
        using var scope = new TensorScope();
        foreach (var cpu in Op.Cpus)
        {
            var x = cpu.From(new Shape(1, 4), [1f, 2, 3, 4]);
            double[] quarter = [Math.PI / 2, 0]; // the first pair turns by 90 degrees, the second stays
            var one = cpu.From([1]);
            Op.Close([-3, 2, 1, 4], Ops.Rotary(x, one, new RotaryTable(cpu, 8, 4, inverseFrequencies: quarter), 4).ToDoubles(), 1e-6, "half-split");
            Op.Close([-2, 1, 3, 4],
                Ops.Rotary(x, one, new RotaryTable(cpu, 8, 4, layout: RotaryLayout.Interleaved, inverseFrequencies: quarter), 4).ToDoubles(), 1e-6,
                "interleaved");
        }
    }

    [Theory]
    [InlineData(6), InlineData(34), InlineData(64)]
    public void Half_split_is_interleaved_with_the_features_permuted(int width)
    {
        using var scope = new TensorScope();
        var x = Seeded.Normal(9, width);
        foreach (var cpu in Op.Cpus)
        {
            var positions = cpu.From([0, 1, 2, 3, 50, 100, 200, 300, 511]);
            var half = Ops.Rotary(cpu.From(x.Shape, x.Values, DType.F32), positions, Table(cpu, width, RotaryLayout.HalfSplit), width).ToDoubles();
            var pairs = Ops.Rotary(cpu.From(x.Shape, Permuted(x.Values, width), DType.F32), positions, Table(cpu, width, RotaryLayout.Interleaved), width)
                .ToDoubles();
            Assert.Equal(Permuted(half, width), pairs); // bit for bit
        }

        static double[] Permuted(double[] values, int width) =>
            [.. values.Select((_, e) => values[e / width * width + (e % 2 == 0 ? 0 : width / 2) + e % width / 2])];
    }

    [Theory]
    [InlineData(RotaryLayout.HalfSplit), InlineData(RotaryLayout.Interleaved)]
    public void A_score_depends_on_the_difference_of_positions_only(RotaryLayout layout)
    {
        using var scope = new TensorScope();
        var cpu = Op.Cpus[0];
        float[] q = [.. Enumerable.Range(0, 32).Select(i => 1 + i / 10f)], k = [.. Enumerable.Range(0, 32).Select(i => 2 - i / 7f)];
        var table = Table(cpu, 32, layout);
        var at = Score(9, 4);
        foreach (var (m, n) in new[] { (5, 0), (105, 100), (511, 506) })
            Assert.Equal(at, Score(m, n), 1e-3);
        Assert.True(Math.Abs(at - Score(9, 5)) > 0.1);

        double Score(int m, int n)
        {
            var a = Ops.Rotary(cpu.From(new Shape(1, 32), q), cpu.From([m]), table, 32).ToDoubles();
            var b = Ops.Rotary(cpu.From(new Shape(1, 32), k), cpu.From([n]), table, 32).ToDoubles();
            return a.Zip(b, (x, y) => x * y).Sum();
        }
    }

    [Fact]
    public void A_position_beyond_the_table_is_named()
    {
        using var scope = new TensorScope();
        foreach (Device device in new Device[] { Op.Reference, Op.Cpus[0] })
        {
            var table = new RotaryTable(device, 16, 4);
            foreach (var bad in new[] { 16, -1 })
            {
                var e = Assert.Throws<ShapeException>(() => Ops.Rotary(device.Zeros(new Shape(3, 8)), device.From([0, 15, bad]), table, 4));
                Assert.Contains($"position {bad} at index 2", e.Message, StringComparison.Ordinal);
                Assert.Contains("0 to 15", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_named()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var table = new RotaryTable(device, 16, 4);
        Assert.Throws<ShapeException>(() => Ops.Rotary(device.Zeros(new Shape(1, 8)), device.From([0]), table, 2));
        Assert.Throws<ShapeException>(() => Ops.Rotary(device.Zeros(new Shape(1, 8)), device.From([0]), table, 5));
        Assert.Throws<ShapeException>(() => Ops.Rotary(device.Zeros(new Shape(2, 8)), device.From([0]), table, 4));
        Assert.Throws<ShapeException>(() => Ops.Rotary(Op.Cpus[1].Zeros(new Shape(1, 8)), Op.Cpus[1].From([0]), table, 4));
        Assert.Throws<ArgumentException>(() => new RotaryTable(device, 16, 3));
        Assert.Throws<ArgumentException>(() => new RotaryTable(device, 0, 4));
        Assert.Throws<ArgumentException>(() => new RotaryTable(device, 16, 4, rotaryBase: 0));
        Assert.Throws<ArgumentException>(() => new RotaryTable(device, 16, 4, inverseFrequencies: [1]));
    }

    [Fact]
    public void A_table_grows_with_the_positions_it_is_asked_for_and_stays_exact()
    {
        using var scope = new TensorScope();
        var cpu = Op.Cpus[0];
        var x = Seeded.Normal(1, 8);
        var table = new RotaryTable(cpu, 100_000, 8);
        foreach (var position in new[] { 3, 70_000, 99_999, 300 })
        {
            var got = Ops.Rotary(cpu.From(x.Shape, x.Values, DType.F32), cpu.From([position]), table, 8).ToDoubles();
            var want = Ops.Rotary(Op.Reference.From(x.Shape, x.Values, DType.F64), Op.Reference.From([position]), new RotaryTable(Op.Reference, 100_000, 8), 8)
                .ToDoubles();
            Op.Close(want, got, 1e-6, $"position {position}");
        }
    }

    static RotaryTable Table(Device device, int width, RotaryLayout layout) => new(device, 512, width, layout: layout);
}
