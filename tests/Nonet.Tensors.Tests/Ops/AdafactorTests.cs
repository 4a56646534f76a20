using Xunit;

namespace Nonet.Tensors.Tests;

public class AdafactorTests
{
    static readonly Device[] Devices = [Op.Reference, .. Op.Cpus];

    /// <summary>By hand: g = [[1, 2], [3, 4]] at the first step (β = 0), without clipping, scale or decay.</summary>
    [Fact]
    public void One_step_of_a_matrix_by_hand()
    {
        // Row means of g²: 2.5, 12.5; column means: 5, 10; mean of the rows 7.5; V = R C / 7.5 = [[5/3, 10/3], [25/3, 50/3]].
        double[] expected = [.. new[] { (1.0, 5 / 3.0), (2, 10 / 3.0), (3, 25 / 3.0), (4, 50 / 3.0) }.Select(x => 1 - 0.1 * x.Item1 / Math.Sqrt(x.Item2))];
        foreach (var device in Devices)
        {
            using var scope = new TensorScope();
            Tensor w = device.From(new Shape(2, 2), [1f, 1, 1, 1]), g = device.From(new Shape(2, 2), [1f, 2, 3, 4]), r = device.Zeros(new Shape(2)),
                c = device.Zeros(new Shape(2));
            Ops.Adafactor(w, g, r, c, new AdafactorUpdate { LearningRate = 0.1, LeastScale = null, Threshold = 1e9 });
            for (var i = 0; i < 4; i++)
                Assert.Equal(expected[i], w.Value(i), 6);
            Assert.Equal([2.5, 12.5, 5, 10], r.ToDoubles().Concat(c.ToDoubles()));
        }
    }

    /// <summary>By hand: a vector w = (3, 4) with gradients (0.6, -0.8), twice; β = 0, then 0.5; the second gradients are doubled.</summary>
    [Fact]
    public void Two_steps_of_a_vector_by_hand()
    {
        // t = 1: V = g², U = (1, -1), RMS 1; rate 0.01 · √12.5 = .0353553; w = (2.9646447, 4.0353553).
        // t = 2: V = (.36 + 1.44) / 2 = .9, (.64 + 2.56) / 2 = 1.6; U = (1.2649111, -1.2649111), of RMS 1.2649111, is scaled to ±1; rate .01 · √((2.9646447² +
        // 4.0353553²) / 2).
        var second = 0.01 * Math.Sqrt((2.9646447 * 2.9646447 + 4.0353553 * 4.0353553) / 2);
        foreach (var device in Devices)
        {
            using var scope = new TensorScope();
            Tensor w = device.From(new Shape(2), [3f, 4]), v = device.Zeros(new Shape(2));
            Ops.Adafactor(w, device.From(new Shape(2), [0.6f, -0.8f]), v, null, new AdafactorUpdate { LearningRate = 0.01 });
            Assert.Equal(2.9646447, w.Value(0), 1e-6);
            Assert.Equal(4.0353553, w.Value(1), 1e-6);
            Ops.Adafactor(w, device.From(new Shape(2), [1.2f, -1.6f]), v, null, new AdafactorUpdate { LearningRate = 0.01, Decay = 0.5 });
            Assert.Equal(2.9646447 - second, w.Value(0), 1e-6);
            Assert.Equal(4.0353553 + second, w.Value(1), 1e-6);
            Assert.Equal(0.9, v.Value(0), 1e-6);
        }
    }

    /// <summary>
    /// Three steps of transformers 5.12's Adafactor (scale_parameter, clip_threshold 1, decay_rate -0.8, weight_decay 0.1, lr 0.02) on a matrix (2, 3) and a
    /// vector (3).
    /// </summary>
    [Fact]
    public void Three_steps_are_those_of_transformers()
    {
        foreach (var device in Devices)
        {
            using var scope = new TensorScope();
            Tensor w = device.From(new Shape(2, 3), [0.5f, -1, 1.5f, 2, -2.5f, 3]), r = device.Zeros(new Shape(2)), c = device.Zeros(new Shape(3));
            Tensor x = device.From(new Shape(3), [0.001f, -0.002f, 0.0005f]), v = device.Zeros(new Shape(3));
            for (var t = 1; t <= 3; t++)
            {
                var update = new AdafactorUpdate { LearningRate = 0.02, Decay = 1 - Math.Pow(t, -0.8), WeightDecay = 0.1 };
                Ops.Adafactor(w, device.From(new Shape(2, 3), [.. Enumerable.Range(0, 6).Select(i => (float)(0.1 * t * (i - 2.25)))]), r, c, update);
                Ops.Adafactor(x, device.From(new Shape(3), [.. Enumerable.Range(0, 3).Select(i => (float)(0.3 * (i - 1.25) / t))]), v, null, update);
            }
            Op.Close([0.671537936, -0.879803121, 1.49958444, 1.93118536, -2.58869576, 2.82140946], w.ToDoubles(), 2e-6, "matrix");
            Op.Close([0.00105800619, -0.00194197032, 0.000441982032], x.ToDoubles(), 2e-6, "vector");
        }
    }

    [Theory]
    [InlineData(1, 1), InlineData(7, 3), InlineData(5, 16), InlineData(300, 33), InlineData(3, 2050), InlineData(40000, 0), InlineData(17, 0)]
    public void Matches_its_definition_over_several_steps(int rows, int columns)
    {
        var want = Steps(Op.Reference, rows, columns);
        double[]? first = null;
        foreach (var cpu in Op.Cpus)
        {
            var got = Steps(cpu, rows, columns);
            Op.Close(want, got, 2e-6, $"{cpu.VectorBits} bits, {cpu.Threads} threads");
            if (cpu.VectorBits == Op.Cpus[0].VectorBits)
                Assert.Equal(first ??= got, got);
        }
    }

    [Fact]
    public void A_row_without_gradient_stays()
    {
        foreach (var device in Devices)
        {
            using var scope = new TensorScope();
            Tensor w = device.From(new Shape(2, 2), [1f, 2, 3, 4]), g = device.From(new Shape(2, 2), [0f, 0, 5, 6]);
            Ops.Adafactor(w, g, device.Zeros(new Shape(2)), device.Zeros(new Shape(2)), new AdafactorUpdate { LearningRate = 0.1 });
            Assert.Equal([1.0, 2], w.ToDoubles().Take(2));
            Assert.All(w.ToDoubles(), x => Assert.True(double.IsFinite(x)));
        }
    }

    [Fact]
    public void Shapes_are_checked()
    {
        using var scope = new TensorScope();
        var (w, v) = (Op.Cpus[0].Zeros(new Shape(2, 3)), Op.Cpus[0].Zeros(new Shape(2)));
        Assert.Contains("(2, 3)", Assert.Throws<ShapeException>(() => Ops.Adafactor(w, w, v, v, new AdafactorUpdate())).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Ops.Adafactor(w, w, v, null, new AdafactorUpdate()));
        Assert.Throws<ArgumentException>(() => Ops.Adafactor(v, v, v, null, new AdafactorUpdate { Decay = 1 }));
    }

    static double[] Values(int count, uint site) =>
        [.. Enumerable.Range(0, count).Select(i => (double)(float)Philox.Normal(new RandomKey(5, 0, site), (ulong)i))];

    /// <summary>Weights after some steps; of a vector if there are no columns.</summary>
    static double[] Steps(Device device, int rows, int columns)
    {
        using var scope = new TensorScope();
        var shape = columns == 0 ? new Shape(rows) : new Shape(rows, columns);
        var count = (int)shape.Elements;
        Tensor w = device.From(shape, Values(count, 1), device.Float), r = device.Zeros(new Shape(rows));
        var c = columns == 0 ? null : device.Zeros(new Shape(columns));
        for (var t = 1; t <= 4; t++)
        {
            Ops.Adafactor(w, device.From(shape, Values(count, 1 + (uint)t), device.Float), r, c,
                new AdafactorUpdate { LearningRate = 0.01 * t, Decay = 1 - Math.Pow(t, -0.8), WeightDecay = 0.01, GradientScale = 0.25 });
        }
        return w.ToDoubles();
    }
}
