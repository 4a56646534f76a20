using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// y (M, N) = a (M, K) Wᵀ with W (N, K) in Q8_0. Rows of a are rounded to blocks too (<see cref="Q8Block.Round"/>); of each pair of blocks the products of integers are summed exactly and added,
/// times both scales, to one chain of fused multiply-adds in the order of the blocks. So the bits of y depend neither on threads, nor on the register width, nor on the rows computed together.
/// </summary>
static unsafe class Q8Product
{
    /// <summary>Rows of W whose sums lie in one register.</summary>
    const int Panel = 8;

    /// <summary>With more rows of a than this, panels of W are put in the order in which they are multiplied.</summary>
    const int MostRows = 4;

    /// <summary>Rows of W and of a that a piece of work takes.</summary>
    const int PieceColumns = 4 * Panel, PieceRows = 256;

    /// <summary>Bytes and floats of a block of a panel: four bytes of each row in turn, then the scales.</summary>
    const int PackedBytes = Panel * Q8Block.Elements, PackedFloats = PackedBytes / sizeof(float) + Panel;

    public static void Run(CpuDevice device, in Operand a, int m, int k, Tensor w, float* y, in Epilogue epilogue)
    {
        int n = w.Shape[0], blocks = k / Q8Block.Elements;
        if (m == 0 || n == 0)
            return;
        using var rounded = new Scratch(device, (long)m * (blocks + k / sizeof(float)));
        var scales = rounded.F32;
        var bytes = (sbyte*)(scales + (long)m * blocks);
        device.ByRows(m, k, new RoundJob { A = a, K = k, Scales = scales, Bytes = bytes });
        var packs = m > MostRows;
        using var panels = new Scratch(device, packs ? (long)blocks * PackedFloats * device.Threads : 0);
        var columns = (n + PieceColumns - 1) / PieceColumns;
        device.For(checked(columns * ((m + PieceRows - 1) / PieceRows)), new Job
        {
            A = bytes,
            Scales = scales,
            W = w.Bytes,
            Packed = packs ? panels.F32 : null,
            Y = y,
            M = m,
            N = n,
            Blocks = blocks,
            Columns = columns,
            Epilogue = epilogue,
        });
    }

    /// <summary>A row of activations to blocks.</summary>
    struct RoundJob : IRowJob
    {
        public Operand A;
        public int K;
        public float* Scales;
        public sbyte* Bytes;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            const int Piece = 16 * Q8Block.Elements;
            var values = stackalloc float[Piece];
            var from = row * A.Stride;
            var scales = Scales + (nint)row * (K / Q8Block.Elements);
            var to = Bytes + (nint)row * K;
            for (var start = 0; start < K; start += Piece)
            {
                var count = Math.Min(Piece, K - start);
                Pack.Row<V>(A, from + start, values, count);
                for (var i = 0; i < count; i += Q8Block.Elements)
                    *scales++ = Round(values + i, to + start + i);
            }
        }
    }

    /// <summary>The same as <see cref="Q8Block.Round"/>, in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Round(float* x, sbyte* q)
    {
        Vector256<float> x0 = Vector256.Load(x), x1 = Vector256.Load(x + 8), x2 = Vector256.Load(x + 16), x3 = Vector256.Load(x + 24);
        var mask = Vector256.Create(int.MaxValue);
        var largest = Vector256.Max(Vector256.Max(x0.AsInt32() & mask, x1.AsInt32() & mask), Vector256.Max(x2.AsInt32() & mask, x3.AsInt32() & mask));
        var half = Vector128.Max(largest.GetLower(), largest.GetUpper());
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        var most = BitConverter.Int32BitsToSingle(Math.Max(half[0], half[1]));
        if (!float.IsFinite(most))
        {
            Vector256<sbyte>.Zero.Store(q);
            return float.NaN;
        }
        var inverse = Vector256.Create(most == 0 ? 0 : 127 / most);
        var low = Vector256.Narrow(Whole(x0, inverse), Whole(x1, inverse));
        Vector256.Narrow(low, Vector256.Narrow(Whole(x2, inverse), Whole(x3, inverse))).Store(q);
        return (float)(Half)(most / 127);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Whole(Vector256<float> x, Vector256<float> inverse) => Vector256.ConvertToInt32(Vector256.Round(x * inverse));

    struct Job : ILaneJob
    {
        public sbyte* A;
        public float* Scales, Packed, Y;
        public byte* W;
        public int M, N, Blocks, Columns;
        public Epilogue Epilogue;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            int i0 = i / Columns * PieceRows, j0 = i % Columns * PieceColumns;
            int m = Math.Min(PieceRows, M - i0), n = Math.Min(PieceColumns, N - j0);
            if (V.Count >= 8 && AvxVnni.IsSupported)
                Piece<VnniInt8Dot>(i0, m, j0, n, worker);
            else if (V.Count >= 8 && Avx2.IsSupported)
                Piece<AvxInt8Dot>(i0, m, j0, n, worker);
            else
                Piece<PortableInt8Dot>(i0, m, j0, n, worker);
            Epilogue.Apply<V>(Y, N, i0, m, j0, n);
        }

        readonly void Piece<D>(int i0, int m, int j0, int n, int worker) where D : struct, IInt8Dot
        {
            var stride = (nint)Blocks * Q8Block.Bytes;
            var j = j0;
            for (; j <= j0 + n - Panel; j += Panel)
            {
                var w = W + j * stride;
                if (Packed is null)
                {
                    for (var i = i0; i < i0 + m; i++)
                        Eight<D>(w, stride, A + (nint)i * Blocks * Q8Block.Elements, Scales + (nint)i * Blocks, Blocks).Store(Y + (nint)i * N + j);
                }
                else
                {
                    var packed = Packed + (nint)worker * Blocks * PackedFloats;
                    Take(w, stride, packed, Blocks);
                    Multiply<D>(packed, i0, m, j);
                }
            }
            for (; j < j0 + n; j++)
            {
                for (var i = i0; i < i0 + m; i++)
                    Y[(nint)i * N + j] = One<D>(W + j * stride, A + (nint)i * Blocks * Q8Block.Elements, Scales + (nint)i * Blocks, Blocks);
            }
        }

        /// <summary>m rows of a by a packed panel, four at a time.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Multiply<D>(float* packed, int i0, int m, int j) where D : struct, IInt8Dot
        {
            var k = (nint)Blocks * Q8Block.Elements;
            var i = i0;
            for (; i <= i0 + m - 4; i += 4)
            {
                sbyte* a0 = A + i * k, a1 = a0 + k, a2 = a1 + k, a3 = a2 + k;
                float* d0 = Scales + (nint)i * Blocks, d1 = d0 + Blocks, d2 = d1 + Blocks, d3 = d2 + Blocks;
                Vector256<float> y0 = default, y1 = default, y2 = default, y3 = default;
                var w = (sbyte*)packed;
                for (var b = 0; b < Blocks; b++, w += PackedFloats * sizeof(float))
                {
                    Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
                    for (var t = 0; t < Q8Block.Elements; t += 4)
                    {
                        var four = Vector256.Load(w + Panel * t);
                        var magnitude = Vector256.Abs(four).AsByte();
                        s0 = D.Add(s0, four, magnitude, Vector256.Create(*(int*)(a0 + t)).AsSByte());
                        s1 = D.Add(s1, four, magnitude, Vector256.Create(*(int*)(a1 + t)).AsSByte());
                        s2 = D.Add(s2, four, magnitude, Vector256.Create(*(int*)(a2 + t)).AsSByte());
                        s3 = D.Add(s3, four, magnitude, Vector256.Create(*(int*)(a3 + t)).AsSByte());
                    }
                    var scale = Vector256.Load((float*)(w + PackedBytes));
                    y0 = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(s0), scale * d0[b], y0);
                    y1 = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(s1), scale * d1[b], y1);
                    y2 = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(s2), scale * d2[b], y2);
                    y3 = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(s3), scale * d3[b], y3);
                    a0 += Q8Block.Elements;
                    a1 += Q8Block.Elements;
                    a2 += Q8Block.Elements;
                    a3 += Q8Block.Elements;
                }
                var y = Y + (nint)i * N + j;
                y0.Store(y);
                y1.Store(y + N);
                y2.Store(y + 2 * (nint)N);
                y3.Store(y + 3 * (nint)N);
            }
            for (; i < i0 + m; i++)
            {
                var a = A + i * k;
                var d = Scales + (nint)i * Blocks;
                Vector256<float> sum = default;
                var w = (sbyte*)packed;
                for (var b = 0; b < Blocks; b++, w += PackedFloats * sizeof(float), a += Q8Block.Elements)
                {
                    Vector256<int> s = default;
                    for (var t = 0; t < Q8Block.Elements; t += 4)
                    {
                        var four = Vector256.Load(w + Panel * t);
                        s = D.Add(s, four, Vector256.Abs(four).AsByte(), Vector256.Create(*(int*)(a + t)).AsSByte());
                    }
                    sum = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(s), Vector256.Load((float*)(w + PackedBytes)) * d[b], sum);
                }
                sum.Store(Y + (nint)i * N + j);
            }
        }
    }

    /// <summary>Eight rows of W: bytes 4t to 4t + 3 of a block of every row, for each t, then their scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Take(byte* w, nint stride, float* packed, int blocks)
    {
        for (var b = 0; b < blocks; b++, w += Q8Block.Bytes, packed += PackedFloats)
        {
            for (var row = 0; row < Panel; row++)
            {
                var from = (int*)(w + row * stride + 2);
                var to = (int*)packed + row;
                for (var t = 0; t < Q8Block.Elements / 4; t++)
                    to[t * Panel] = from[t];
            }
            ScalesOf(w, stride).Store(packed + PackedBytes / sizeof(float));
        }
    }

    /// <summary>A row of a by eight rows of W as they lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static Vector256<float> Eight<D>(byte* w, nint stride, sbyte* a, float* d, int blocks) where D : struct, IInt8Dot
    {
        Vector256<float> sum = default;
        nint two = 2 * stride, three = 3 * stride;
        var next = w + Panel * stride;
        for (var b = 0; b < blocks; b++, w += Q8Block.Bytes, a += Q8Block.Elements)
        {
            if (Sse.IsSupported) // the next panel: several rows to a page are more streams than the processor foresees
            {
                for (var line = 0; line < Panel * Q8Block.Bytes; line += 64)
                    Sse.Prefetch0(next + line);
                next += Panel * Q8Block.Bytes;
            }
            var x = Vector256.Load(a);
            var q = w + 2;
            var high = q + 4 * stride;
            var sums = Sums(
                Products<D>(q, x), Products<D>(q + stride, x), Products<D>(q + two, x), Products<D>(q + three, x),
                Products<D>(high, x), Products<D>(high + stride, x), Products<D>(high + two, x), Products<D>(high + three, x));
            sum = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sums), ScalesOf(w, stride) * d[b], sum);
        }
        return sum;
    }

    /// <summary>A row of a by one row of W.</summary>
    static float One<D>(byte* w, sbyte* a, float* d, int blocks) where D : struct, IInt8Dot
    {
        var sum = 0f;
        for (var b = 0; b < blocks; b++, w += Q8Block.Bytes, a += Q8Block.Elements)
            sum = MathF.FusedMultiplyAdd(Vector256.Sum(Products<D>(w + 2, Vector256.Load(a))), Q8Block.Scale(w) * d[b], sum);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Products<D>(byte* q, Vector256<sbyte> a) where D : struct, IInt8Dot
    {
        var w = Vector256.Load((sbyte*)q);
        return D.Add(default, w, Vector256.Abs(w).AsByte(), a);
    }

    /// <summary>Scales of the blocks at w, w + stride, ... of eight rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> ScalesOf(byte* w, nint stride)
    {
        var high = w + 4 * stride;
        return Lanes8.FromF16(Vector256.WidenLower(Vector128.Create(
            *(ushort*)w, *(ushort*)(w + stride), *(ushort*)(w + 2 * stride), *(ushort*)(w + 3 * stride),
            *(ushort*)high, *(ushort*)(high + stride), *(ushort*)(high + 2 * stride), *(ushort*)(high + 3 * stride)).ToVector256()));
    }

    /// <summary>The sum of each of eight registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Sums(
        Vector256<int> s0, Vector256<int> s1, Vector256<int> s2, Vector256<int> s3, Vector256<int> s4, Vector256<int> s5, Vector256<int> s6, Vector256<int> s7)
    {
        if (!Avx2.IsSupported)
            return Vector256.Create(Vector256.Sum(s0), Vector256.Sum(s1), Vector256.Sum(s2), Vector256.Sum(s3), Vector256.Sum(s4), Vector256.Sum(s5), Vector256.Sum(s6), Vector256.Sum(s7));
        var low = Avx2.HorizontalAdd(Avx2.HorizontalAdd(s0, s1), Avx2.HorizontalAdd(s2, s3)); // of both halves of 0 to 3
        var high = Avx2.HorizontalAdd(Avx2.HorizontalAdd(s4, s5), Avx2.HorizontalAdd(s6, s7));
        return Avx2.Permute2x128(low, high, 0x20) + Avx2.Permute2x128(low, high, 0x31);
    }
}
