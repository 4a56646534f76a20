using Xunit;

namespace Nonet.Tensors.Tests;

public class AdamWTests
{
    static readonly Device[] Devices = [Op.Reference, .. Op.Cpus];

    /// <summary>By hand with β₁ = 0.5, β₂ = 0.75, ε = 0, λ = 0.1, η = 0.5, w = 2 and gradients 1, -1, 2.</summary>
    [Fact]
    public void Three_steps_by_hand()
    {
        // t = 1: m = .5, v = .25; corrected 1 and 1; w = 2 - .5 (1 + .2) = 1.4.
        // t = 2: m = -.25, v = .4375; corrected -1/3 and 1; w = 1.4 - .5 (-1/3 + .14) = 1.4966667.
        // t = 3: m = .875, v = 1.328125; corrected 1 and 1.328125/.578125 = 2.2972973; w = 1.4966667 - .5 (1/1.5156838 + .14966667) = 1.0919493.
        double[] expected = [1.4, 1.4 - 0.5 * (-1.0 / 3 + 0.14), 1.0919493], gradients = [1, -1, 2];
        foreach (var device in Devices)
        {
            using var scope = new TensorScope();
            Tensor w = device.From(new Shape(1), [2f]), m = device.Zeros(new Shape(1)), v = device.Zeros(new Shape(1));
            for (var t = 1; t <= 3; t++)
            {
                var g = device.From(new Shape(1), [(float)gradients[t - 1]]);
                Ops.AdamW(w, g, m, v, 0, 1, new AdamWUpdate { LearningRate = 0.5, Beta1 = 0.5, Beta2 = 0.75, Epsilon = 0, WeightDecay = 0.1, Step = t });
                Assert.Equal(expected[t - 1], w.Item(), 6);
            }
            Assert.Equal(0.875, m.Item(), 6);
            Assert.Equal(1.328125, v.Item(), 6);
        }
    }

    /// <summary>
    /// BERT's step: m and v undivided, ε outside the root, λ w added before the rate. By hand with β₁ = 0.9, β₂ = 0.999, ε = 1e-6, λ = 0.01, η = 0.1, w = 1
    /// and gradients 0.5, -0.25.
    /// </summary>
    [Fact]
    public void Two_steps_without_bias_correction_by_hand()
    {
        // t = 1: m = .05, v = .00025, root .0158113883; .05 / .0158123883 = 3.1620776728; w = 1 - .1 (3.1620776728 + .01) = .6827922327.
        // t = 2: m = .02, v = .00031225, root .0176705970; .02 / .0176715970 = 1.1317596223; w = .6827922327 - .1 (1.1317596223 + .0068279223) = .5689334783.
        double[] expected = [0.6827922327, 0.5689334783], gradients = [0.5, -0.25];
        foreach (var device in Devices)
        {
            using var scope = new TensorScope();
            Tensor w = device.From(new Shape(1), [1f]), m = device.Zeros(new Shape(1)), v = device.Zeros(new Shape(1));
            for (var t = 1; t <= 2; t++)
            {
                var g = device.From(new Shape(1), [(float)gradients[t - 1]]);
                Ops.AdamW(w, g, m, v, 0, 1, new AdamWUpdate { LearningRate = 0.1, Epsilon = 1e-6, WeightDecay = 0.01, Step = t, BiasCorrection = false });
                Assert.Equal(expected[t - 1], w.Item(), tolerance: 2e-7);
            }
        }
    }

    [Fact]
    public void First_step_moves_by_the_rate_against_the_sign()
    {
        foreach (var device in Devices)
        {
            using var scope = new TensorScope();
            Tensor w = device.From(new Shape(3), [1f, 1, 1]), g = device.From(new Shape(3), [1e-3f, -40, 0]);
            Ops.AdamW(w, g, device.Zeros(new Shape(3)), device.Zeros(new Shape(3)), 0, 3, new AdamWUpdate { LearningRate = 0.01, WeightDecay = 0 });
            Assert.Equal(0.99, w.Value(0), 5);
            Assert.Equal(1.01, w.Value(1), 5);
            Assert.Equal(1, w.Value(2));
        }
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(16), InlineData(33), InlineData(40000)]
    public void Matches_its_definition_over_several_steps(int count)
    {
        count = Op.Tiny ? Math.Min(count, 50) : count;
        var (want, _, _) = Steps(Op.Reference, count, scale: 0.25);
        double[]? first = null;
        foreach (var cpu in Op.Cpus)
        {
            var (got, _, _) = Steps(cpu, count, scale: 0.25);
            Op.Close(want, got, 1e-6, $"{cpu.VectorBits} bits, {cpu.Threads} threads");
            if (cpu.VectorBits == Op.Cpus[0].VectorBits)
                Assert.Equal(first ??= got, got);
        }
    }

    [Fact]
    public void A_gradient_scale_is_a_scaled_gradient()
    {
        var (scaled, m, v) = Steps(Op.Cpus[0], 50, scale: 0.25);
        var (plain, m1, v1) = Steps(Op.Cpus[0], 50, scale: 1, gradientFactor: 0.25);
        Assert.Equal(plain, scaled);
        Assert.Equal(m1, m);
        Assert.Equal(v1, v);
    }

    [Fact]
    public void Touches_its_range_only_and_a_range_s_bits_are_its_own()
    {
        var (whole, _, _) = Steps(Op.Cpus[0], 100, scale: 1);
        var (part, m, _) = Steps(Op.Cpus[0], 100, scale: 1, start: 13, count: 50);
        var untouched = Values(100, 1);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(i is >= 13 and < 63 ? whole[i] : untouched[i], part[i]);
            Assert.Equal(i is >= 13 and < 63, m[i] != 0);
        }
    }

    [Fact]
    public void Ranges_and_counts_are_checked()
    {
        using var scope = new TensorScope();
        var x = Op.Cpus[0].Zeros(new Shape(8));
        var short7 = Op.Cpus[0].Zeros(new Shape(7));
        Assert.Contains("(7)", Assert.Throws<ShapeException>(() => Ops.AdamW(x, short7, x, x, 0, 8, new AdamWUpdate())).Message, StringComparison.Ordinal);
        Assert.Contains("[4, 9) of 8", Assert.Throws<ShapeException>(() => Ops.AdamW(x, x, x, x, 4, 5, new AdamWUpdate())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Ops.AdamW(x, x, x, x, 0, 8, new AdamWUpdate { Step = 0 }));
    }

    static double[] Values(int count, uint site) =>
        [.. Enumerable.Range(0, count).Select(i => (double)(float)Philox.Normal(new RandomKey(5, 0, site), (ulong)i))];

    static (double[] W, double[] M, double[] V) Steps(Device device, int n, double scale, double gradientFactor = 1, int start = 0, int? count = null)
    {
        using var scope = new TensorScope();
        var shape = new Shape(n);
        Tensor w = device.From(shape, Values(n, 1), device.Float), m = device.Zeros(shape), v = device.Zeros(shape);
        for (var t = 1; t <= 5; t++)
        {
            var g = device.From(shape, [.. Values(n, 1 + (uint)t).Select(x => x * gradientFactor)], device.Float);
            Ops.AdamW(w, g, m, v, start, count ?? n, new AdamWUpdate
            {
                LearningRate = 0.01 * t,
                Beta1 = 0.9,
                Beta2 = 0.95,
                WeightDecay = 0.1,
                Step = t,
                GradientScale = scale,
            });
        }
        return (w.ToDoubles(), m.ToDoubles(), v.ToDoubles());
    }
}
