using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// Matrix products of a block of queries and a block of keys. Tiles of six rows that the mask hides completely are skipped; in the other tiles,
/// hidden scores are multiplied as zeros.
/// </summary>
static unsafe class AttentionBlocks
{
    /// <summary>Copies the rows of one head to contiguous rows, each padded with zeros to <paramref name="padded"/> floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows<V>(float* from, nint stride, int rows, int width, int padded, float* to, nint toStride) where V : struct, ILanes<V>
    {
        for (var r = 0; r < rows; r++, from += stride, to += toStride)
        {
            var d = 0;
            for (; d <= width - V.Count; d += V.Count)
                V.Load(from + d).Store(to + d);
            for (; d < width; d++)
                to[d] = from[d];
            for (; d < padded; d++)
                to[d] = 0;
        }
    }

    /// <summary>Panels (width, 2 Count) of the transpose of <paramref name="rows"/> rows, one after another; missing columns are zero.</summary>
    public static void Transpose<V>(float* from, nint stride, int rows, int width, float* to) where V : struct, ILanes<V>
    {
        var operand = new Operand { Data = from, Type = DType.F32, Stride = stride, Transposed = true };
        for (var j = 0; j < rows; j += 2 * V.Count, to += 2 * V.Count * width)
            Pack.BPanel<V>(operand, 0, width, j, Math.Min(2 * V.Count, rows - j), to);
    }

    /// <summary>
    /// Prefetches keys or values of a head; rows after the last key are skipped. The rows of one head are not contiguous, so the hardware prefetcher
    /// does not predict them.
    /// </summary>
    static void PrefetchRows(in AttentionProblem p, in AttentionSequence sequence, void* rows, int kvHead, int first, int count)
    {
        int start = (int)p.KeyType.Bytes(kvHead * p.Width), bytes = (int)p.KeyType.Bytes(p.Width);
        var stride = (nint)p.KeyType.Bytes(p.KeyStride);
        count = Math.Min(count, sequence.Keys - first);
        for (var j = 0; j < count;)
        {
            var n = p.RunAt(sequence, first + j, count - j, 1, out var row);
            var at = (byte*)rows + row * stride + start;
            for (var i = 0; i < n; i++, at += stride)
                Prefetch.All(at, bytes);
            j += n;
        }
    }

    /// <summary>
    /// Keys [first, first + count) of a key head, transposed: panels (width, 2 Count), missing columns zero. Keys of another type are widened on the way.
    /// </summary>
    /// <param name="p">The call.</param>
    /// <param name="sequence">Sequence of the keys.</param>
    /// <param name="kvHead">Key head.</param>
    /// <param name="first">First key, a multiple of the panel width.</param>
    /// <param name="count">Number of keys.</param>
    /// <param name="gathered">Scratch memory for the rows of a panel, used if the blocks of the pool do not hold whole panels.</param>
    /// <param name="to">Receives the panels.</param>
    public static void Keys<V>(in AttentionProblem p, in AttentionSequence sequence, int kvHead, int first, int count, float* gathered, float* to) where V
        : struct, ILanes<V>
    {
        var panel = 2 * V.Count;
        var keys = p.FactorOf(p.K);
        for (var j = 0; j < count; j += panel, to += panel * p.Width)
        {
            var n = Math.Min(panel, count - j);
            PrefetchRows(p, sequence, p.K, kvHead, first + j + AttentionForward.KeyBlock, panel);
            if (p.RunAt(sequence, first + j, n, panel, out var row) >= n)
            {
                Pack.BPanel<V>(keys, kvHead * p.Width, p.Width, (int)row, n, to);
                continue;
            }
            for (var i = 0; i < n; i++)
            {
                p.RunAt(sequence, first + j + i, 1, 1, out row);
                Pack.Row<V>(keys, row * keys.Stride + kvHead * p.Width, gathered + i * p.Width, p.Width);
            }
            Pack.BPanel<V>(new Operand { Data = gathered, Type = DType.F32, Stride = p.Width, Transposed = true }, 0, p.Width, 0, n, to);
        }
    }

    /// <summary>Values [first, first + count) of a key head as contiguous rows in F32, padded with zeros.</summary>
    public static void Values<V>(in AttentionProblem p, in AttentionSequence sequence, int kvHead, int first, int count, float* to) where V : struct, ILanes<V>
    {
        var values = p.FactorOf(p.V);
        for (var j = 0; j < count;)
        {
            var n = p.RunAt(sequence, first + j, count - j, 1, out var row);
            var at = row * values.Stride + kvHead * p.Width;
            PrefetchRows(p, sequence, p.V, kvHead, first + j + AttentionForward.KeyBlock, n);
            if (p.KeyType == DType.F32)
                CopyRows<V>(values.F32 + at, values.Stride, n, p.Width, p.Padded, to + j * p.CopyStride, p.CopyStride);
            else
            {
                for (var i = 0; i < n; i++, at += values.Stride)
                {
                    var line = to + (j + i) * p.CopyStride;
                    Pack.Row<V>(values, at, line, p.Width);
                    new Span<float>(line + p.Width, p.Padded - p.Width).Clear();
                }
            }
            j += n;
        }
    }

    /// <summary>S (rows, keys) = A (rows, width) B, with B in transposed panels. Computes only tiles in which a query sees a key.</summary>
    public static void Scores<V>(in AttentionPair pair, float* a, nint aStride, int width, float* panels, float* s, nint sStride) where V : struct, ILanes<V>
    {
        var w = 2 * V.Count;
        for (var j = 0; j < pair.Keys; j += w)
        {
            var first = pair.FirstRow(j) / Tile.Rows * Tile.Rows;
            var end = Math.Min(pair.Rows, (pair.EndRow(j + w - 1) + Tile.Rows - 1) / Tile.Rows * Tile.Rows);
            if (first < end)
                Tile.Strip<V>(end - first, w, width, a + first * aStride, aStride, 1, panels + (nint)j * width, w, s + first * sStride + j, sStride,
                    add: false);
        }
    }

    /// <summary>C (rows, width) += S (rows, keys) B (keys, width): values into outputs, keys into query gradients.</summary>
    public static void OverKeys<V>(in AttentionPair pair, float* s, nint sStride, float* b, nint bStride, int width, float* c, nint cStride) where V : struct,
    ILanes<V>
    {
        var w = 2 * V.Count;
        var full = pair.IsFull;
        for (var d = 0; d < width; d += w)
        {
            var columns = Math.Min(w, width - d);
            if (full)
            {
                Tile.Strip<V>(pair.Rows, columns, pair.Keys, s, sStride, 1, b + d, bStride, c + d, cStride, add: true);
                continue;
            }
            for (var r = 0; r < pair.Rows; r += Tile.Rows)
            {
                var rows = Math.Min(Tile.Rows, pair.Rows - r);
                var low = pair.Low(r);
                var high = pair.High(r + rows - 1);
                if (low < high)
                    Tile.Strip<V>(rows, columns, high - low, s + r * sStride + low, sStride, 1, b + low * bStride + d, bStride, c + r * cStride + d, cStride,
                        add: true);
            }
        }
    }

    /// <summary>C (keys, width) += Sᵀ (keys, rows) B (rows, width): queries into key gradients, output gradients into value gradients.</summary>
    public static void OverRows<V>(in AttentionPair pair, float* s, nint sStride, float* b, nint bStride, int width, float* c, nint cStride) where V : struct,
    ILanes<V>
    {
        var w = 2 * V.Count;
        var full = pair.IsFull;
        for (var d = 0; d < width; d += w)
        {
            var columns = Math.Min(w, width - d);
            if (full)
            {
                Tile.Strip<V>(pair.Keys, columns, pair.Rows, s, 1, sStride, b + d, bStride, c + d, cStride, add: true);
                continue;
            }
            for (var j = 0; j < pair.Keys; j += Tile.Rows)
            {
                var keys = Math.Min(Tile.Rows, pair.Keys - j);
                var first = pair.FirstRow(j);
                var end = pair.EndRow(j + keys - 1);
                if (first < end)
                    Tile.Strip<V>(keys, columns, end - first, s + first * sStride + j, 1, sStride, b + first * bStride + d, bStride, c + j * cStride + d,
                        cStride, add: true);
            }
        }
    }
}
