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
    public void Sigmoid_is_accurate_to_a_few_units() => Check<SigmoidOf>(x => 1 / (1 + Math.Exp(-x)), [.. Range(-87.3f, 100), .. Magnitudes()], 2e-7, "sigmoid");

    [Fact]
    public void Erf_is_accurate_to_a_few_units() => Check<ErfOf>(ReferenceDevice.Erf, [.. Range(-6, 6), .. Magnitudes()], 3.5e-7, "erf");

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
