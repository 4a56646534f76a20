using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

/// <summary>The registers of every width against plain scalar arithmetic.</summary>
public unsafe class LanesTests
{
    public static TheoryData<int> Widths => [4, 8, 16];

    interface ICheck
    {
        void Run<V>() where V : struct, ILanes<V>;
    }

    static void At<T>(int lanes, T check = default) where T : struct, ICheck
    {
        if (lanes == 4)
            check.Run<Lanes4>();
        else if (lanes == 8)
            check.Run<Lanes8>();
        else
            check.Run<Lanes16>();
    }

    static void Same(float want, float got, string what)
    {
        var same = float.IsNaN(want) ? float.IsNaN(got) : BitConverter.SingleToUInt32Bits(want) == BitConverter.SingleToUInt32Bits(got);
        Assert.True(same, $"{what}: {got:G9}, not {want:G9}");
    }

    [Theory, MemberData(nameof(Widths))]
    public void Every_two_byte_float_loads_as_its_value(int lanes) => At<Loads>(lanes);

    struct Loads : ICheck
    {
        public readonly void Run<V>() where V : struct, ILanes<V>
        {
            var halves = stackalloc ushort[16];
            var floats = stackalloc float[16];
            for (var first = 0; first < 65536; first += V.Count)
            {
                for (var i = 0; i < V.Count; i++)
                    halves[i] = (ushort)(first + i);
                V.LoadF16(halves).Store(floats);
                for (var i = 0; i < V.Count; i++)
                    Same((float)BitConverter.UInt16BitsToHalf(halves[i]), floats[i], $"F16 {halves[i]:x4}");
                V.LoadBF16(halves).Store(floats);
                for (var i = 0; i < V.Count; i++)
                    Same(Rounding.FromBF16(halves[i]), floats[i], $"BF16 {halves[i]:x4}");
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Stores_to_BF16_round_to_nearest_even(int lanes) => At<Stores>(lanes);

    struct Stores : ICheck
    {
        // Each of the 65,536 upper halves with lower halves below, on and above the tie; the NaNs of any payload stay NaN.
        static readonly uint[] Lower = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff];

        public readonly void Run<V>() where V : struct, ILanes<V>
        {
            var halves = stackalloc ushort[16];
            var floats = stackalloc float[16];
            foreach (var low in Lower)
            {
                for (var first = 0u; first < 65536; first += (uint)V.Count)
                {
                    for (var i = 0u; i < V.Count; i++)
                        floats[i] = BitConverter.UInt32BitsToSingle((first + i) << 16 | low);
                    V.Load(floats).StoreBF16(halves);
                    for (var i = 0; i < V.Count; i++)
                    {
                        Assert.Equal(Rounding.ToBF16(floats[i]), halves[i]);
                        Assert.Equal(float.IsNaN(floats[i]), float.IsNaN(Rounding.FromBF16(halves[i])));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(1f, 0x3f80), InlineData(1.00390625f, 0x3f80), InlineData(1.01171875f, 0x3f82), InlineData(3.4e38f, 0x7f80), InlineData(-0f, 0x8000)]
    public void BF16_rounding_goes_to_the_even_neighbour(float x, int bits) => Assert.Equal((ushort)bits, Rounding.ToBF16(x));

    [Theory, MemberData(nameof(Widths))]
    public void Arithmetic_is_that_of_single_floats(int lanes) => At<Arithmetic>(lanes);

    struct Arithmetic : ICheck
    {
        static readonly float[] Values =
            [0, -0f, 1, -1.5f, 2.5f, -2.5f, 0.3f, 1e-40f, -7e-42f, 3e38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 4194304.5f, 1e9f];

        public readonly void Run<V>() where V : struct, ILanes<V>
        {
            foreach (var a in Values)
            {
                foreach (var b in Values)
                {
                    V x = V.Broadcast(a), y = V.Broadcast(b);
                    All(x + y, a + b, $"{a} + {b}");
                    All(x - y, a - b, $"{a} - {b}");
                    All(x * y, a * b, $"{a} * {b}");
                    All(x / y, a / b, $"{a} / {b}");
                    All(V.Fma(x, y, V.Broadcast(0.1f)), MathF.FusedMultiplyAdd(a, b, 0.1f), $"fma({a}, {b}, 0.1)");
                    All(V.Select(V.Less(x, y), V.Broadcast(1f), V.Broadcast(2f)), a < b ? 1 : 2, $"{a} < {b}");
                    All(V.CopySign(x, y), MathF.CopySign(a, b), $"copysign({a}, {b})");
                    if (a != b && !float.IsNaN(a) && !float.IsNaN(b))
                    {
                        All(V.Max(x, y), MathF.Max(a, b), $"max({a}, {b})");
                        All(V.Min(x, y), MathF.Min(a, b), $"min({a}, {b})");
                    }
                }
                All(-V.Broadcast(a), -a, $"-{a}");
                All(V.Abs(V.Broadcast(a)), MathF.Abs(a), $"|{a}|");
                All(V.Sqrt(V.Broadcast(a)), MathF.Sqrt(a), $"sqrt {a}");
                All(V.Round(V.Broadcast(a)), MathF.Round(a, MidpointRounding.ToEven), $"round {a}");
                // exponentials rely on it: a NaN argument must come through the clamp
                All(V.Min(V.Broadcast(1f), V.Max(V.Broadcast(-1f), V.Broadcast(float.NaN))), float.NaN, "clamp of NaN");
            }
            for (var n = -127; n <= 128; n++)
                All(V.PowerOfTwo(V.Broadcast(n)), n == -127 ? 0 : (float)Math.Pow(2, n), $"2^{n}");
        }

        static void All<V>(V v, float want, string what) where V : struct, ILanes<V>
        {
            var lanes = stackalloc float[16];
            v.Store(lanes);
            for (var i = 0; i < V.Count; i++)
                Same(want, lanes[i], $"{what}, lane {i} of {V.Count}");
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Sum_and_maximum_run_over_all_lanes(int lanes) => At<Across>(lanes);

    struct Across : ICheck
    {
        public readonly void Run<V>() where V : struct, ILanes<V>
        {
            var x = stackalloc float[16];
            for (var place = 0; place < V.Count; place++)
            {
                for (var i = 0; i < V.Count; i++)
                    x[i] = i == place ? 100 : -i;
                var sum = 0f;
                for (var i = 0; i < V.Count; i++)
                    sum += x[i];
                Assert.Equal(sum, V.Load(x).Sum());
                Assert.Equal(100, V.Load(x).MaxAcross());
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Tails_touch_their_own_elements_only(int lanes) => At<Tails>(lanes);

    struct Tails : ICheck
    {
        public readonly void Run<V>() where V : struct, ILanes<V>
        {
            var x = stackalloc float[16];
            var y = stackalloc float[17];
            for (var n = 1; n < V.Count; n++)
            {
                for (var i = 0; i < 16; i++)
                    x[i] = i + 1;
                new Span<float>(y, 17).Fill(-1);
                var v = VectorMath.LoadTail<V>(x, n, fill: 7);
                v.Store(y);
                for (var i = 0; i < V.Count; i++)
                    Assert.Equal(i < n ? i + 1 : 7, y[i]);
                new Span<float>(y, 17).Fill(-1);
                VectorMath.StoreTail(v, y, n);
                for (var i = 0; i < 17; i++)
                    Assert.Equal(i < n ? i + 1 : -1, y[i]);
            }
        }
    }

    [Theory]
    [InlineData(DType.F32, DType.BF16), InlineData(DType.F32, DType.F16), InlineData(DType.BF16, DType.F32), InlineData(DType.F16, DType.F32)]
    [InlineData(DType.F16, DType.BF16), InlineData(DType.F32, DType.F32), InlineData(DType.I32, DType.F32)]
    public void Copies_between_dtypes_round_each_value_once(DType from, DType to)
    {
        var count = Op.Tiny ? 50 : 20_001;
        foreach (var device in Op.Cpus)
        {
            using var scope = new TensorScope();
            var x = device.Empty(new Shape(count), from);
            for (var i = 0; i < count; i++)
                x.SetValue(i, (i - 100) * 1.37);
            Tensor y = device.Empty(x.Shape, to), want = device.Empty(x.Shape, to);
            for (var i = 0; i < count; i++)
                want.SetValue(i, x.Value(i));
            device.Copy(x, y);
            Assert.Equal(want.ToDoubles(), y.ToDoubles());
        }
    }
}
