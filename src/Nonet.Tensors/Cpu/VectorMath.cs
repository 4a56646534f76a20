using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>Elementary functions over registers, in float arithmetic, the same bits in every lane and at every position.</summary>
static unsafe class VectorMath
{
    /// <summary>
    /// e^x within 1 unit in the last place or so: x = n ln 2 + r, a degree-6 polynomial for e^r (Cephes expf), times 2^n.
    /// 0 below -87.3, infinity above 88.37, NaN for NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x) where V : struct, ILanes<V>
    {
        var low = V.Broadcast(-87.33654f);
        var high = V.Broadcast(88.37626f);
        var z = V.Min(high, V.Max(low, x));
        var n = V.Round(z * V.Broadcast(1.44269504088896341f));
        var r = V.Fma(n, V.Broadcast(-0.693359375f), z);
        r = V.Fma(n, V.Broadcast(2.12194440e-4f), r);
        var p = V.Fma(V.Broadcast(1.9875691500e-4f), r, V.Broadcast(1.3981999507e-3f));
        p = V.Fma(p, r, V.Broadcast(8.3334519073e-3f));
        p = V.Fma(p, r, V.Broadcast(4.1665795894e-2f));
        p = V.Fma(p, r, V.Broadcast(1.6666665459e-1f));
        p = V.Fma(p, r, V.Broadcast(5.0000001201e-1f));
        p = V.Fma(p, r * r, r + V.Broadcast(1f)) * V.PowerOfTwo(n);
        p = V.Select(V.Less(x, low), default, p);
        return V.Select(V.Less(high, x), V.Broadcast(float.PositiveInfinity), p);
    }

    /// <summary>Loads the last n &lt; Count values of a row; the other lanes are <paramref name="fill"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadTail<V>(float* p, int n, float fill = 0) where V : struct, ILanes<V>
    {
        var buffer = stackalloc float[16];
        for (var i = 0; i < V.Count; i++)
            buffer[i] = i < n ? p[i] : fill;
        return V.Load(buffer);
    }

    /// <summary>Stores the first n &lt; Count lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTail<V>(V v, float* p, int n) where V : struct, ILanes<V>
    {
        var buffer = stackalloc float[16];
        v.Store(buffer);
        for (var i = 0; i < n; i++)
            p[i] = buffer[i];
    }
}
