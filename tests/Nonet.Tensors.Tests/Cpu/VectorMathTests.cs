using Nonet.Tensors.Cpu;
using Nonet.Tensors.Reference;
using Xunit;

namespace Nonet.Tensors.Tests;

/// <summary>The elementary functions against double arithmetic, over wide ranges and at every register width.</summary>
public unsafe class VectorMathTests
{
    interface IFunction
    {
        static abstract V Of<V>(V x) where V : struct, ILanes<V>;
    }

    struct ExpOf : IFunction
    {
        public static V Of<V>(V x) where V : struct, ILanes<V> => VectorMath.Exp(x);
    }

    struct TanhOf : IFunction
    {
        public static V Of<V>(V x) where V : struct, ILanes<V> => VectorMath.Tanh(x);
    }

    struct SigmoidOf : IFunction
    {
        public static V Of<V>(V x) where V : struct, ILanes<V> => VectorMath.Sigmoid(x);
    }

    struct ErfOf : IFunction
    {
        public static V Of<V>(V x) where V : struct, ILanes<V> => VectorMath.Erf(x);
    }

    [Fact]
    public void Exp_is_within_one_unit_in_the_last_place() => Check<ExpOf>(Math.Exp, Range(-87.3f, 88.3f), 1.3e-7, "exp");

    [Fact]
    public void Tanh_is_accurate_to_a_few_units() => Check<TanhOf>(Math.Tanh, [.. Range(-12, 12), .. Magnitudes()], 3e-7, "tanh");

    [Fact]
    public void Sigmoid_is_accurate_to_a_few_units() =>
        Check<SigmoidOf>(x => 1 / (1 + Math.Exp(-x)), [.. Range(-87.3f, 100), .. Magnitudes()], 2e-7, "sigmoid");

    [Fact]
    public void Erf_is_accurate_to_a_few_units() => Check<ErfOf>(ReferenceDevice.Erf, [.. Range(-6, 6), .. Magnitudes()], 3.5e-7, "erf");

    [Fact]
    public void Nonfinite_values_zeros_and_subnormals_give_their_limits()
    {
        const float Inf = float.PositiveInfinity, Tiny = 1e-40f;
        float[] x = [0, -0f, Inf, -Inf, float.NaN, Tiny, -Tiny, 200, -200, float.MaxValue, -float.MaxValue];
        Exactly<ExpOf>(x, [1, 1, Inf, 0, float.NaN, 1, 1, Inf, 0, Inf, 0]);
        Exactly<SigmoidOf>(x, [0.5f, 0.5f, 1, 0, float.NaN, 0.5f, 0.5f, 1, 0, 1, 0]);
        Exactly<TanhOf>(x, [0, -0f, 1, -1, float.NaN, Tiny, -Tiny, 1, -1, 1, -1]);
        Exactly<ErfOf>(x, [0, -0f, 1, -1, float.NaN, Tiny * 1.1283792f, -Tiny * 1.1283792f, 1, -1, 1, -1]);
    }

    [Fact] // the bounds that Exp states, on either side
    public void Exp_goes_to_zero_and_infinity_where_it_says()
    {
        float[] x = [-87.6f, -87.8f, 88.3f, 88.5f];
        var y = Same<ExpOf>(x);
        Assert.InRange(y[0], 8.9e-39f, 9.1e-39f);
        Assert.Equal(0, y[1]);
        Assert.InRange(y[2], 2.2e38f, 2.3e38f);
        Assert.Equal(float.PositiveInfinity, y[3]);
    }

    [Fact] // the clamped fractions must not overshoot: f'(x) = 1 - tanh² would turn negative by more than a rounding
    public void Tanh_and_erf_leave_the_unit_interval_by_at_most_a_few_roundings()
    {
        Assert.True(Same<TanhOf>(Range(5, 12)).Max() <= 1 + 3e-7f);
        Assert.True(Same<ErfOf>(Range(3, 6)).Max() <= 1 + 3e-7f);
    }

    static void Exactly<F>(float[] x, float[] want) where F : struct, IFunction
    {
        foreach (var y in new[] { Map<Lanes4, F>(x), Map<Lanes8, F>(x), Map<Lanes16, F>(x) })
        {
            for (var i = 0; i < x.Length; i++)
            {
                var same = float.IsNaN(want[i]) ? float.IsNaN(y[i]) : BitConverter.SingleToUInt32Bits(want[i]) == BitConverter.SingleToUInt32Bits(y[i]);
                Assert.True(same, $"{typeof(F).Name}({x[i]:G9}) is {y[i]:G9}, not {want[i]:G9}");
            }
        }
    }

    /// <summary>Evenly spaced values, ends included.</summary>
    static float[] Range(float low, float high) => [.. Enumerable.Range(0, Count).Select(i => (float)(low + (double)(high - low) * i / (Count - 1)))];

    /// <summary>Both signs of every order of magnitude from the smallest normal number up to 1.</summary>
    static float[] Magnitudes() => [.. Enumerable.Range(0, Count).Select(i => (float)(Math.Pow(10, -37.0 * i / Count) * (i % 2 == 0 ? 1 : -1)))];

    static int Count => Op.Tiny ? 256 : 200_000;

    static void Check<F>(Func<double, double> definition, float[] x, double tolerance, string name) where F : struct, IFunction
    {
        var y = Same<F>(x);
        var worst = 0.0;
        var at = 0f;
        for (var i = 0; i < x.Length; i++)
        {
            var want = definition(x[i]);
            var error = want == 0 ? Math.Abs(y[i]) : Math.Abs(y[i] - want) / Math.Abs(want);
            if (error > worst)
                (worst, at) = (error, x[i]);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: largest relative error {worst:G4} at {at:G9}");
        Assert.True(worst <= tolerance, $"{name}: relative error {worst:G4} at {at:G9}; {tolerance:G3} is allowed");
    }

    /// <summary>The results at every width, which must be the same.</summary>
    static float[] Same<F>(float[] x) where F : struct, IFunction
    {
        var narrow = Map<Lanes4, F>(x);
        Assert.True(narrow.AsSpan().SequenceEqual(Map<Lanes8, F>(x)), "256 bits: other results than 128");
        Assert.True(narrow.AsSpan().SequenceEqual(Map<Lanes16, F>(x)), "512 bits: other results than 128");
        return narrow;
    }

    static float[] Map<V, F>(float[] x) where V : struct, ILanes<V> where F : struct, IFunction
    {
        var y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            var i = 0;
            for (; i <= x.Length - V.Count; i += V.Count)
                F.Of(V.Load(from + i)).Store(to + i);
            if (i < x.Length)
                VectorMath.StoreTail(F.Of(VectorMath.LoadTail<V>(from + i, x.Length - i)), to + i, x.Length - i);
        }
        return y;
    }
}
