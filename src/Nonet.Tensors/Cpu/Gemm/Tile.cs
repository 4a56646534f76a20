using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// The register tile of which every product consists: six rows by two registers. A is read by broadcasts, so its strides are free (a packed panel, a
/// row-major matrix or its transpose). Rows of B are read as registers and must hold 2 Count floats. Each element of C is one chain of fused
/// multiply-adds over k in order, whatever the shape of the tile, so its bits do not depend on which rows and columns are computed with it.
/// </summary>
static unsafe class Tile
{
    public const int Rows = 6;

    /// <summary>C (6 x 2 Count) = A (6 x k) B (k x 2 Count), or C += if <paramref name="add"/> is true.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Full<V>(int k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, bool add) where V : struct, ILanes<V>
    {
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        V c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        nint a2 = 2 * aRow, a3 = 3 * aRow, a4 = 4 * aRow, a5 = 5 * aRow;
        for (var p = 0; p < k; p++)
        {
            var b0 = V.Load(b);
            var b1 = V.Load(b + V.Count);
            var x = V.Broadcast(*a);
            c00 = V.Fma(x, b0, c00);
            c01 = V.Fma(x, b1, c01);
            x = V.Broadcast(a[aRow]);
            c10 = V.Fma(x, b0, c10);
            c11 = V.Fma(x, b1, c11);
            x = V.Broadcast(a[a2]);
            c20 = V.Fma(x, b0, c20);
            c21 = V.Fma(x, b1, c21);
            x = V.Broadcast(a[a3]);
            c30 = V.Fma(x, b0, c30);
            c31 = V.Fma(x, b1, c31);
            x = V.Broadcast(a[a4]);
            c40 = V.Fma(x, b0, c40);
            c41 = V.Fma(x, b1, c41);
            x = V.Broadcast(a[a5]);
            c50 = V.Fma(x, b0, c50);
            c51 = V.Fma(x, b1, c51);
            a += aStep;
            b += bStep;
        }
        Put(c, c00, c01, add);
        Put(c + cRow, c10, c11, add);
        Put(c + 2 * cRow, c20, c21, add);
        Put(c + 3 * cRow, c30, c31, add);
        Put(c + 4 * cRow, c40, c41, add);
        Put(c + 5 * cRow, c50, c51, add);
    }

    /// <summary>The same for three rows: six chains are enough to hide most of a multiply-add's latency.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Half<V>(int k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, bool add) where V : struct, ILanes<V>
    {
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        var a2 = 2 * aRow;
        for (var p = 0; p < k; p++)
        {
            var b0 = V.Load(b);
            var b1 = V.Load(b + V.Count);
            var x = V.Broadcast(*a);
            c00 = V.Fma(x, b0, c00);
            c01 = V.Fma(x, b1, c01);
            x = V.Broadcast(a[aRow]);
            c10 = V.Fma(x, b0, c10);
            c11 = V.Fma(x, b1, c11);
            x = V.Broadcast(a[a2]);
            c20 = V.Fma(x, b0, c20);
            c21 = V.Fma(x, b1, c21);
            a += aStep;
            b += bStep;
        }
        Put(c, c00, c01, add);
        Put(c + cRow, c10, c11, add);
        Put(c + 2 * cRow, c20, c21, add);
    }

    /// <summary>The same for four rows: the queries of a key head in decoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Four<V>(int k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, bool add) where V : struct, ILanes<V>
    {
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        nint a2 = 2 * aRow, a3 = 3 * aRow;
        for (var p = 0; p < k; p++)
        {
            var b0 = V.Load(b);
            var b1 = V.Load(b + V.Count);
            var x = V.Broadcast(*a);
            c00 = V.Fma(x, b0, c00);
            c01 = V.Fma(x, b1, c01);
            x = V.Broadcast(a[aRow]);
            c10 = V.Fma(x, b0, c10);
            c11 = V.Fma(x, b1, c11);
            x = V.Broadcast(a[a2]);
            c20 = V.Fma(x, b0, c20);
            c21 = V.Fma(x, b1, c21);
            x = V.Broadcast(a[a3]);
            c30 = V.Fma(x, b0, c30);
            c31 = V.Fma(x, b1, c31);
            a += aStep;
            b += bStep;
        }
        Put(c, c00, c01, add);
        Put(c + cRow, c10, c11, add);
        Put(c + 2 * cRow, c20, c21, add);
        Put(c + 3 * cRow, c30, c31, add);
    }

    /// <summary>The same for up to six rows.</summary>
    static void Some<V>(int m, int k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, bool add) where V : struct, ILanes<V>
    {
        if (m == Rows)
        {
            Full<V>(k, a, aRow, aStep, b, bStep, c, cRow, add);
            return;
        }
        var i = 0;
        if (m >= 4)
        {
            Four<V>(k, a, aRow, aStep, b, bStep, c, cRow, add);
            i = 4;
        }
        else if (m == 3)
        {
            Half<V>(k, a, aRow, aStep, b, bStep, c, cRow, add);
            i = 3;
        }
        for (; i < m; i++)
            Row<V>(k, a + i * aRow, aStep, b, bStep, c + i * cRow, add);
    }

    /// <summary>The same for one row: the remainder.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row<V>(int k, float* a, nint aStep, float* b, nint bStep, float* c, bool add) where V : struct, ILanes<V>
    {
        V c0 = default, c1 = default;
        for (var p = 0; p < k; p++)
        {
            var x = V.Broadcast(*a);
            c0 = V.Fma(x, V.Load(b), c0);
            c1 = V.Fma(x, V.Load(b + V.Count), c1);
            a += aStep;
            b += bStep;
        }
        Put(c, c0, c1, add);
    }

    /// <summary>
    /// C (m x n) = or += A (m x k) B (k x n), with n at most 2 Count: B must be readable to 2 Count floats a row, C is written to n only.
    /// </summary>
    public static void Strip<V>(int m, int n, int k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, bool add)
        where V : struct, ILanes<V>
    {
        var i = 0;
        if (n == 2 * V.Count)
        {
            for (; i <= m - Rows; i += Rows)
                Full<V>(k, a + i * aRow, aRow, aStep, b, bStep, c + i * cRow, cRow, add);
            if (i < m)
                Some<V>(m - i, k, a + i * aRow, aRow, aStep, b, bStep, c + i * cRow, cRow, add);
            return;
        }
        var edge = stackalloc float[Rows * 32];
        for (; i < m; i += Rows)
        {
            var rows = Math.Min(Rows, m - i);
            Some<V>(rows, k, a + i * aRow, aRow, aStep, b, bStep, edge, 2 * V.Count, false);
            for (var r = 0; r < rows; r++)
            {
                var from = edge + r * 2 * V.Count;
                var to = c + (i + r) * cRow;
                for (var j = 0; j < n; j++)
                    to[j] = add ? to[j] + from[j] : from[j];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<V>(float* c, V c0, V c1, bool add) where V : struct, ILanes<V>
    {
        if (add)
        {
            c0 = V.Load(c) + c0;
            c1 = V.Load(c + V.Count) + c1;
        }
        c0.Store(c);
        c1.Store(c + V.Count);
    }
}
