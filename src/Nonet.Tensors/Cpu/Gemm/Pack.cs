using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors.Cpu;

/// <summary>Copies pieces of the factors into the order in which <see cref="Tile"/> reads them, and converts and transforms them on the way.</summary>
static unsafe class Pack
{
    /// <summary>Largest number of panels of B that are packed side by side.</summary>
    public const int MostPanels = 8;

    /// <summary>Number of rows of a transposed A that are prefetched. They are too far apart for the hardware prefetcher.</summary>
    const int RowsAhead = 8;

    /// <summary>n consecutive elements of a stored row as F32: widened, or passed through the operand's nonlinearity.</summary>
    public static void Row<V>(in Operand x, nint offset, float* to, int n) where V : struct, ILanes<V>
    {
        if (x.Type == DType.F32)
        {
            if (x.Up is not null)
                Activations.Gate<V>(x.Activation, x.F32 + offset, x.Up + offset, to, n);
            else if (x.Activation != Activation.None)
                Activations.Map<V>(x.Activation, x.F32 + offset, to, n);
            else
                Buffer.MemoryCopy(x.F32 + offset, to, n * sizeof(float), n * sizeof(float));
        }
        else if (x.Type.IsQuantized())
            Decode(x.Type, (byte*)x.Data, offset, to, n);
        else
            Widen<V>(x.Type, (ushort*)x.Data + offset, to, n);
    }

    /// <summary>Decodes n elements of quantised rows to F32, from any element on.</summary>
    public static void Decode(DType type, byte* blocks, nint offset, float* to, int n) => QuantizedFormats.Of(type).Decode(blocks, offset, to, n);

    /// <summary>BF16 or F16 to F32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<V>(DType type, ushort* from, float* to, int n) where V : struct, ILanes<V>
    {
        var i = 0;
        if (type == DType.BF16)
        {
            for (; i <= n - V.Count; i += V.Count)
                V.LoadBF16(from + i).Store(to + i);
            for (; i < n; i++)
                to[i] = Rounding.FromBF16(from[i]);
        }
        else
        {
            for (; i <= n - V.Count; i += V.Count)
                V.LoadF16(from + i).Store(to + i);
            for (; i < n; i++)
                to[i] = (float)BitConverter.UInt16BitsToHalf(from[i]);
        }
    }

    /// <summary>A panel of B: rows [k0, k0 + k) by columns [j0, j0 + n), n at most 2 Count, as (k, 2 Count), padded with zero columns.</summary>
    public static void BPanel<V>(in Operand b, int k0, int k, int j0, int n, float* to) where V : struct, ILanes<V> => BPanels<V>(b, k0, k, j0, n, to, 0);

    /// <summary>
    /// The same for up to <see cref="MostPanels"/> neighbouring panels, <paramref name="stride"/> floats apart; for a transposed B, one panel only.
    /// </summary>
    public static void BPanels<V>(in Operand b, int k0, int k, int j0, int n, float* to, nint stride) where V : struct, ILanes<V>
    {
        if (b.Transposed)
        {
            Transposed<V>(b, k0, k, j0, n, to);
            return;
        }
        if (b.IsPlain)
        {
            Deal<V>(b.F32 + k0 * b.Stride + j0, b.Stride, k, n, to, stride);
            return;
        }
        var row = stackalloc float[MostPanels * 32];
        for (var p = 0; p < k; p++, to += 2 * V.Count)
        {
            Row<V>(b, (k0 + p) * b.Stride + j0, row, n);
            Deal<V>(row, 0, 1, n, to, stride);
        }
    }

    /// <summary>Distributes k rows of n floats to panels, 2 Count floats to each. The last panel is padded with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Deal<V>(float* from, nint fromStride, int k, int n, float* to, nint stride) where V : struct, ILanes<V>
    {
        var width = 2 * V.Count;
        for (var p = 0; p < k; p++, from += fromStride, to += width)
        {
            var panel = to;
            var j = 0;
            for (; j <= n - width; j += width, panel += stride)
            {
                V.Load(from + j).Store(panel);
                V.Load(from + j + V.Count).Store(panel + V.Count);
            }
            if (j == n)
                continue;
            for (var i = 0; i < width; i++)
                panel[i] = j + i < n ? from[j + i] : 0;
        }
    }

    /// <summary>B stored as (columns, k): blocks of 8 x 4 are transposed in registers.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Transposed<V>(in Operand b, int k0, int k, int j0, int n, float* to) where V : struct, ILanes<V>
    {
        const int Rows = 8, MostDepth = 256; // columns of the panel turned at a time; a block of a quantised row, which is decoded once
        var step = b.Type.IsQuantized() ? MostDepth : 64; // columns of k widened at a time
        var width = 2 * V.Count;
        var widened = stackalloc float[Rows * MostDepth];
        for (var j = 0; j < width; j += Rows)
        {
            for (var p0 = 0; p0 < k; p0 += step)
            {
                var depth = Math.Min(step, k - p0);
                var from = widened;
                nint stride = step;
                if (j + Rows <= n && b.IsPlain)
                {
                    from = b.F32 + (j0 + j) * b.Stride + k0 + p0;
                    stride = b.Stride;
                }
                else
                {
                    for (var r = 0; r < Rows; r++)
                    {
                        if (j + r < n)
                            Row<V>(b, (j0 + j + r) * b.Stride + k0 + p0, widened + r * step, depth);
                        else
                            new Span<float>(widened + r * step, depth).Clear();
                    }
                }
                var o = to + (nint)p0 * width + j;
                var p = 0;
                for (; p <= depth - 4; p += 4, o += 4 * width)
                    Turn8(from + p, stride, o, width);
                for (; p < depth; p++, o += width)
                {
                    for (var r = 0; r < Rows; r++)
                        o[r] = from[r * stride + p];
                }
            }
        }
    }

    /// <summary>Writes the transpose of a block of 8 x 4: both halves of a register are transposed as 4 x 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Turn8(float* rows, nint stride, float* to, nint toStride)
    {
        var lower = rows + 4 * stride;
        if (!Avx.IsSupported)
        {
            Turn(rows, rows + stride, rows + 2 * stride, rows + 3 * stride, to, toStride);
            Turn(lower, lower + stride, lower + 2 * stride, lower + 3 * stride, to + 4, toStride);
            return;
        }
        var v0 = Vector256.Create(Vector128.Load(rows), Vector128.Load(lower));
        var v1 = Vector256.Create(Vector128.Load(rows + stride), Vector128.Load(lower + stride));
        var v2 = Vector256.Create(Vector128.Load(rows + 2 * stride), Vector128.Load(lower + 2 * stride));
        var v3 = Vector256.Create(Vector128.Load(rows + 3 * stride), Vector128.Load(lower + 3 * stride));
        var a = Avx.UnpackLow(v0, v1);
        var b = Avx.UnpackLow(v2, v3);
        var c = Avx.UnpackHigh(v0, v1);
        var d = Avx.UnpackHigh(v2, v3);
        Avx.Shuffle(a, b, 0b01_00_01_00).Store(to);
        Avx.Shuffle(a, b, 0b11_10_11_10).Store(to + toStride);
        Avx.Shuffle(c, d, 0b01_00_01_00).Store(to + 2 * toStride);
        Avx.Shuffle(c, d, 0b11_10_11_10).Store(to + 3 * toStride);
    }

    /// <summary>Writes the transpose of a 4 x 4 block. The portable API has no interleave; the other branch moves the same values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Turn(float* r0, float* r1, float* r2, float* r3, float* to, nint stride)
    {
        if (Sse.IsSupported)
        {
            var v0 = Sse.LoadVector128(r0);
            var v1 = Sse.LoadVector128(r1);
            var v2 = Sse.LoadVector128(r2);
            var v3 = Sse.LoadVector128(r3);
            var a = Sse.UnpackLow(v0, v1);
            var b = Sse.UnpackLow(v2, v3);
            var c = Sse.UnpackHigh(v0, v1);
            var d = Sse.UnpackHigh(v2, v3);
            Sse.MoveLowToHigh(a, b).Store(to);
            Sse.MoveHighToLow(b, a).Store(to + stride);
            Sse.MoveLowToHigh(c, d).Store(to + 2 * stride);
            Sse.MoveHighToLow(d, c).Store(to + 3 * stride);
            return;
        }
        for (var i = 0; i < 4; i++, to += stride)
        {
            to[0] = r0[i];
            to[1] = r1[i];
            to[2] = r2[i];
            to[3] = r3[i];
        }
    }

    /// <summary>
    /// A block of a transposed A: m columns of the stored (k, m), as panels of six columns (k, 6), <paramref name="group"/> floats from one panel to
    /// the next. The last two of these floats may be overwritten. A is read row by row, so rows a multiple of 4 KB apart cause no cache conflicts.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void APanels(float* a, nint stride, int k, int m, float* to, nint group)
    {
        var wide = (m - 2) / Tile.Rows; // panels of which eight floats can be read
        for (var p = 0; p < k; p++, a += stride, to += Tile.Rows)
        {
            if (Sse.IsSupported)
            {
                for (var j = 0; j < m; j += 16)
                    Sse.Prefetch0(a + RowsAhead * stride + j);
            }
            // Eight floats are moved for every six: the next row overwrites the two too many.
            var i = 0;
            for (var g = 0; g < wide; g++, i += Tile.Rows)
                Vector256.Load(a + i).Store(to + g * group);
            for (var g = wide; i < m; g++, i += Tile.Rows)
            {
                for (var j = 0; j < Tile.Rows && i + j < m; j++)
                    to[g * group + j] = a[i + j];
            }
        }
    }

    /// <summary>
    /// Adds the column sums of packed panels (k, 6) to <paramref name="sums"/> (m): the bias gradient, computed while its rows are in cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddColumnSums(float* panels, nint group, int k, int m, float* sums)
    {
        for (var i = 0; i < m; i += Tile.Rows, panels += group)
        {
            var low = Vector128<float>.Zero;
            float s4 = 0, s5 = 0;
            var x = panels;
            for (var p = 0; p < k; p++, x += Tile.Rows)
            {
                low += Vector128.Load(x);
                s4 += x[4];
                s5 += x[5];
            }
            for (var j = 0; j < Tile.Rows && i + j < m; j++)
                sums[i + j] += j < 4 ? low[j] : j == 4 ? s4 : s5;
        }
    }
}
