using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nonet.Tensors.Cpu;

/// <summary>A function of one row, or of two rows, register by register.</summary>
interface IRowFunction
{
    V Of<V>(V a, V b) where V : struct, ILanes<V>;
}

/// <summary>
/// Loops over one row of floats. The last, partial register overlaps the one before it, so that it ends with the row; rows shorter than a register
/// are read lane by lane. Lanes that would count twice are masked out of sums.
/// </summary>
static unsafe class Row
{
    /// <summary>Elements summed in float lanes before they are added to a double.</summary>
    const int Fold = 1024;

    static ReadOnlySpan<float> Indices => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>Largest of n values; -infinity for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max<V>(float* x, int n) where V : struct, ILanes<V>
    {
        if (n < V.Count)
            return VectorMath.LoadTail<V>(x, n, float.NegativeInfinity).MaxAcross();
        V m0 = V.Load(x), m1 = m0, m2 = m0, m3 = V.Load(x + n - V.Count);
        var i = V.Count;
        for (; i <= n - 3 * V.Count; i += 3 * V.Count)
        {
            m0 = V.Max(m0, V.Load(x + i));
            m1 = V.Max(m1, V.Load(x + i + V.Count));
            m2 = V.Max(m2, V.Load(x + i + 2 * V.Count));
        }
        for (; i <= n - V.Count; i += V.Count)
            m0 = V.Max(m0, V.Load(x + i));
        return V.Max(V.Max(m0, m1), V.Max(m2, m3)).MaxAcross();
    }

    /// <summary>Sum of f over a row. In float lanes within <see cref="Fold"/> elements, in double beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum<V, F>(F f, float* a, float* b, int n) where V : struct, ILanes<V> where F : struct, IRowFunction
    {
        var total = 0.0;
        var full = n - n % V.Count;
        for (var start = 0; start < full; start += Fold)
        {
            var end = Math.Min(full, start + Fold);
            V s0 = default, s1 = default;
            var i = start;
            for (; i <= end - 2 * V.Count; i += 2 * V.Count)
            {
                s0 += f.Of(V.Load(a + i), V.Load(b + i));
                s1 += f.Of(V.Load(a + i + V.Count), V.Load(b + i + V.Count));
            }
            if (i < end)
                s0 += f.Of(V.Load(a + i), V.Load(b + i));
            total += (s0 + s1).Sum();
        }
        var rest = n - full;
        if (rest == 0)
            return total;
        var lane = V.Load((float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Indices)));
        if (n < V.Count)
            return V.Select(V.Less(lane, V.Broadcast(rest)), f.Of(VectorMath.LoadTail<V>(a, rest), VectorMath.LoadTail<V>(b, rest)), default).Sum();
        var last = f.Of(V.Load(a + n - V.Count), V.Load(b + n - V.Count));
        return total + V.Select(V.Less(lane, V.Broadcast(V.Count - rest)), default, last).Sum();
    }

    /// <summary>y = f(a, b), or y += f(a, b). y may be a or b.</summary>
    public static void Map<V, F>(F f, float* a, float* b, float* y, int n, bool add) where V : struct, ILanes<V> where F : struct, IRowFunction
    {
        if (add)
            Add<V, F>(f, a, b, y, n);
        else
            Write<V, F>(f, a, b, y, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Write<V, F>(F f, float* a, float* b, float* y, int n) where V : struct, ILanes<V> where F : struct, IRowFunction
    {
        if (n < V.Count)
        {
            VectorMath.StoreTail(f.Of(VectorMath.LoadTail<V>(a, n), VectorMath.LoadTail<V>(b, n)), y, n);
            return;
        }
        // The overlapping register is computed before the loop changes its inputs. Lanes that are written twice get the same bits.
        var partial = n % V.Count != 0;
        var last = partial ? f.Of(V.Load(a + n - V.Count), V.Load(b + n - V.Count)) : default;
        for (var i = 0; i <= n - V.Count; i += V.Count)
            f.Of(V.Load(a + i), V.Load(b + i)).Store(y + i);
        if (partial)
            last.Store(y + n - V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Add<V, F>(F f, float* a, float* b, float* y, int n) where V : struct, ILanes<V> where F : struct, IRowFunction
    {
        if (n < V.Count)
        {
            VectorMath.StoreTail(VectorMath.LoadTail<V>(y, n) + f.Of(VectorMath.LoadTail<V>(a, n), VectorMath.LoadTail<V>(b, n)), y, n);
            return;
        }
        var partial = n % V.Count != 0;
        var last = partial ? V.Load(y + n - V.Count) + f.Of(V.Load(a + n - V.Count), V.Load(b + n - V.Count)) : default;
        for (var i = 0; i <= n - V.Count; i += V.Count)
            (V.Load(y + i) + f.Of(V.Load(a + i), V.Load(b + i))).Store(y + i);
        if (partial)
            last.Store(y + n - V.Count);
    }
}

/// <summary>a.</summary>
readonly struct Identity : IRowFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<V>(V a, V b) where V : struct, ILanes<V> => a;
}

/// <summary>a b.</summary>
readonly struct Product : IRowFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<V>(V a, V b) where V : struct, ILanes<V> => a * b;
}

/// <summary>a + offset.</summary>
readonly struct Shifted(float offset) : IRowFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<V>(V a, V b) where V : struct, ILanes<V> => a + V.Broadcast(offset);
}

/// <summary>scale e^(a - max) + offset: a softmax, or the part of its gradient that all classes share.</summary>
readonly struct Exponential(float max, float scale, float offset) : IRowFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<V>(V a, V b) where V : struct, ILanes<V> =>
        V.Fma(VectorMath.Exp(a - V.Broadcast(max)), V.Broadcast(scale), V.Broadcast(offset));
}
