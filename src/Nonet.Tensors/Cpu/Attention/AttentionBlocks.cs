using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>The products of one pair of blocks. What the mask hides is left out by whole tiles of six rows; inside a tile it multiplies zeros.</summary>
static unsafe class AttentionBlocks
{
    /// <summary>Rows of one head side by side, padded with zeros to <paramref name="padded"/>.</summary>
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

    /// <summary>S (rows, keys) = A (rows, width) B, B in transposed panels, where any query of a tile sees any key of a panel.</summary>
    public static void Scores<V>(in AttentionPair pair, float* a, nint aStride, int width, float* panels, float* s, nint sStride) where V : struct, ILanes<V>
    {
        var w = 2 * V.Count;
        for (var j = 0; j < pair.Keys; j += w)
        {
            var first = pair.FirstRow(j) / Tile.Rows * Tile.Rows;
            var end = Math.Min(pair.Rows, (pair.EndRow(j + w - 1) + Tile.Rows - 1) / Tile.Rows * Tile.Rows);
            if (first < end)
                Tile.Strip<V>(end - first, w, width, a + first * aStride, aStride, 1, panels + (nint)j * width, w, s + first * sStride + j, sStride, add: false);
        }
    }

    /// <summary>C (rows, width) += S (rows, keys) B (keys, width): values into outputs, keys into query gradients.</summary>
    public static void OverKeys<V>(in AttentionPair pair, float* s, nint sStride, float* b, nint bStride, int width, float* c, nint cStride) where V : struct, ILanes<V>
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
                    Tile.Strip<V>(rows, columns, high - low, s + r * sStride + low, sStride, 1, b + low * bStride + d, bStride, c + r * cStride + d, cStride, add: true);
            }
        }
    }

    /// <summary>C (keys, width) += Sᵀ (keys, rows) B (rows, width): queries into key gradients, output gradients into value gradients.</summary>
    public static void OverRows<V>(in AttentionPair pair, float* s, nint sStride, float* b, nint bStride, int width, float* c, nint cStride) where V : struct, ILanes<V>
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
                    Tile.Strip<V>(keys, columns, end - first, s + first * sStride + j, 1, sStride, b + first * bStride + d, bStride, c + j * cStride + d, cStride, add: true);
            }
        }
    }
}
