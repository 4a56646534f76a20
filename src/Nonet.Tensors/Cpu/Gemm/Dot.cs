using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// y (M, N) = x (M, K) Wᵀ for a few rows: each weight is read once, as it lies, at the speed of memory. Sums run over lanes first,
/// another order than <see cref="Gemm"/>'s: <see cref="CpuOptions.BatchInvariant"/> switches this off.
/// </summary>
static unsafe class Dot
{
    /// <summary>More rows than this are worth packing W for.</summary>
    public const int MostRows = 32;

    /// <summary>From this many rows on, weights of 16 bits are widened once for all of them.</summary>
    const int LeastWidened = 3;

    const int Group = 4;
    const int PieceGroups = 16;

    public static void Run(CpuDevice device, float* x, int m, int k, Tensor w, float* y, in Epilogue epilogue)
    {
        var n = w.Shape[0];
        var groups = (n + Group - 1) / Group;
        var widens = w.DType != DType.F32 && m >= LeastWidened;
        using var widened = new Scratch(device, widens ? (long)Group * k * device.Threads : 0);
        device.For((groups + PieceGroups - 1) / PieceGroups, new Job { X = x, W = w.Bytes, Type = w.DType, Widened = widens ? widened.F32 : null, Y = y, M = m, N = n, K = k, Epilogue = epilogue });
    }

    struct Job : ILaneJob
    {
        public float* X, Y, Widened;
        public byte* W;
        public DType Type;
        public int M, N, K;
        public Epilogue Epilogue;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var first = i * Group * PieceGroups;
            var last = Math.Min(N, first + Group * PieceGroups);
            for (var j = first; j < last; j += Group)
            {
                if (Widened is not null)
                {
                    var rows = Widened + (nint)worker * Group * K;
                    for (var row = 0; row < Math.Min(Group, last - j); row++)
                        Pack.Widen<V>(Type, (ushort*)W + (nint)(j + row) * K, rows + (nint)row * K, K);
                    Four<V, F32Source>((byte*)rows, j, last);
                }
                else if (Type == DType.F32)
                    Four<V, F32Source>(W + (nint)j * K * sizeof(float), j, last);
                else if (Type == DType.BF16)
                    Four<V, BF16Source>(W + (nint)j * K * sizeof(ushort), j, last);
                else
                    Four<V, F16Source>(W + (nint)j * K * sizeof(ushort), j, last);
            }
            Epilogue.Apply<V>(Y, N, 0, M, first, last - first);
        }

        /// <summary>Four columns of y; where fewer are left, the last row of W is read again and its extra results dropped.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Four<V, S>(byte* w0, int j, int last) where V : struct, ILanes<V> where S : struct, ISource
        {
            var row = (nint)K * S.Size;
            var left = last - j - 1;
            byte* w1 = w0 + Math.Min(1, left) * row, w2 = w0 + Math.Min(2, left) * row, w3 = w0 + Math.Min(3, left) * row;
            var r = 0;
            for (; r + 1 < M; r += 2)
            {
                var x = X + (nint)r * K;
                var y = Y + (nint)r * N + j;
                TwoByTwo<V, S>(x, w0, w1, y, last - j);
                if (j + 2 < last)
                    TwoByTwo<V, S>(x, w2, w3, y + 2, last - j - 2);
            }
            for (; r < M; r++)
            {
                var x = X + (nint)r * K;
                V s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
                var p = 0;
                for (; p <= K - 2 * V.Count; p += 2 * V.Count)
                {
                    var a = V.Load(x + p);
                    var b = V.Load(x + p + V.Count);
                    s0 = V.Fma(S.Load<V>(w0, p), a, s0);
                    t0 = V.Fma(S.Load<V>(w0, p + V.Count), b, t0);
                    s1 = V.Fma(S.Load<V>(w1, p), a, s1);
                    t1 = V.Fma(S.Load<V>(w1, p + V.Count), b, t1);
                    s2 = V.Fma(S.Load<V>(w2, p), a, s2);
                    t2 = V.Fma(S.Load<V>(w2, p + V.Count), b, t2);
                    s3 = V.Fma(S.Load<V>(w3, p), a, s3);
                    t3 = V.Fma(S.Load<V>(w3, p + V.Count), b, t3);
                }
                float d0 = (s0 + t0).Sum(), d1 = (s1 + t1).Sum(), d2 = (s2 + t2).Sum(), d3 = (s3 + t3).Sum();
                for (; p < K; p++)
                {
                    d0 = MathF.FusedMultiplyAdd(S.At(w0, p), x[p], d0);
                    d1 = MathF.FusedMultiplyAdd(S.At(w1, p), x[p], d1);
                    d2 = MathF.FusedMultiplyAdd(S.At(w2, p), x[p], d2);
                    d3 = MathF.FusedMultiplyAdd(S.At(w3, p), x[p], d3);
                }
                var y = Y + (nint)r * N + j;
                y[0] = d0;
                if (j + 1 < last)
                    y[1] = d1;
                if (j + 2 < last)
                    y[2] = d2;
                if (j + 3 < last)
                    y[3] = d3;
            }
        }

        /// <summary>Two rows of x by two of W, which are widened once for both; the order of each sum is that of a single row.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void TwoByTwo<V, S>(float* x, byte* w0, byte* w1, float* y, int columns) where V : struct, ILanes<V> where S : struct, ISource
        {
            var z = x + K;
            V s00 = default, s01 = default, s10 = default, s11 = default, t00 = default, t01 = default, t10 = default, t11 = default;
            var p = 0;
            for (; p <= K - 2 * V.Count; p += 2 * V.Count)
            {
                V a = V.Load(x + p), b = V.Load(z + p);
                var w = S.Load<V>(w0, p);
                s00 = V.Fma(w, a, s00);
                s10 = V.Fma(w, b, s10);
                w = S.Load<V>(w1, p);
                s01 = V.Fma(w, a, s01);
                s11 = V.Fma(w, b, s11);
                a = V.Load(x + p + V.Count);
                b = V.Load(z + p + V.Count);
                w = S.Load<V>(w0, p + V.Count);
                t00 = V.Fma(w, a, t00);
                t10 = V.Fma(w, b, t10);
                w = S.Load<V>(w1, p + V.Count);
                t01 = V.Fma(w, a, t01);
                t11 = V.Fma(w, b, t11);
            }
            float d00 = (s00 + t00).Sum(), d01 = (s01 + t01).Sum(), d10 = (s10 + t10).Sum(), d11 = (s11 + t11).Sum();
            for (; p < K; p++)
            {
                float u = S.At(w0, p), v = S.At(w1, p);
                d00 = MathF.FusedMultiplyAdd(u, x[p], d00);
                d01 = MathF.FusedMultiplyAdd(v, x[p], d01);
                d10 = MathF.FusedMultiplyAdd(u, z[p], d10);
                d11 = MathF.FusedMultiplyAdd(v, z[p], d11);
            }
            y[0] = d00;
            y[N] = d10;
            if (columns < 2)
                return;
            y[1] = d01;
            y[N + 1] = d11;
        }
    }

    /// <summary>How weights of one dtype are read.</summary>
    interface ISource
    {
        static abstract int Size { get; }
        static abstract V Load<V>(byte* w, int i) where V : struct, ILanes<V>;
        static abstract float At(byte* w, int i);
    }

    readonly struct F32Source : ISource
    {
        public static int Size => 4;
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Load<V>(byte* w, int i) where V : struct, ILanes<V> => V.Load((float*)w + i);
        public static float At(byte* w, int i) => ((float*)w)[i];
    }

    readonly struct BF16Source : ISource
    {
        public static int Size => 2;
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Load<V>(byte* w, int i) where V : struct, ILanes<V> => V.LoadBF16((ushort*)w + i);
        public static float At(byte* w, int i) => Rounding.FromBF16(((ushort*)w)[i]);
    }

    readonly struct F16Source : ISource
    {
        public static int Size => 2;
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Load<V>(byte* w, int i) where V : struct, ILanes<V> => V.LoadF16((ushort*)w + i);
        public static float At(byte* w, int i) => (float)((Half*)w)[i];
    }
}
