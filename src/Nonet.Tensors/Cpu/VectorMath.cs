using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// Elementary functions over registers, in float arithmetic, the same bits in every lane, at every position and at every width.
/// The errors stated are the largest measured by VectorMathTests.
/// </summary>
static unsafe class VectorMath
{
    const float TanhIsOne = 9.025f, ErfIsOne = 3.952f; // the rounded fractions are exactly 1 here
    /// <summary>
    /// e^x within 1 unit in the last place or so: x = n ln 2 + r, a degree-6 polynomial for e^r (Cephes expf), times 2^n.
    /// 0 below -87.7, infinity above 88.37, NaN for NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x) where V : struct, ILanes<V>
    {
        // The bounds give n = -127 and n = 128, whose powers of two are 0 and infinity: no further selection is needed.
        var z = V.Min(V.Broadcast(88.8f), V.Max(V.Broadcast(-88f), x));
        var n = V.Round(z * V.Broadcast(1.44269504088896341f));
        var r = V.Fma(n, V.Broadcast(-0.693359375f), z);
        r = V.Fma(n, V.Broadcast(2.12194440e-4f), r);
        var p = V.Fma(V.Broadcast(1.9875691500e-4f), r, V.Broadcast(1.3981999507e-3f));
        p = V.Fma(p, r, V.Broadcast(8.3334519073e-3f));
        p = V.Fma(p, r, V.Broadcast(4.1665795894e-2f));
        p = V.Fma(p, r, V.Broadcast(1.6666665459e-1f));
        p = V.Fma(p, r, V.Broadcast(5.0000001201e-1f));
        return V.Fma(p, r * r, r + V.Broadcast(1f)) * V.PowerOfTwo(n);
    }

    /// <summary>σ(x) = 1 / (1 + e^-x). 0 below -88.37.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x) where V : struct, ILanes<V> => V.Broadcast(1f) / (V.Broadcast(1f) + Exp(-x));

    /// <summary>
    /// tanh x = x P(x²) / Q(x²), degrees 4 and 4, fitted for the least relative error (2.1e-8 before rounding) on |x| at most 9.02; 1 beyond.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x) where V : struct, ILanes<V>
    {
        var z = V.Min(V.Broadcast(TanhIsOne), V.Max(V.Broadcast(-TanhIsOne), x));
        var s = z * z;
        var p = V.Fma(V.Broadcast(1.3318549905e-8f), s, V.Broadcast(2.0583113395e-5f));
        p = V.Fma(p, s, V.Broadcast(3.494012887e-3f));
        p = V.Fma(p, s, V.Broadcast(0.13379700033f));
        p = V.Fma(p, s, V.Broadcast(1f));
        var q = V.Fma(V.Broadcast(7.7618079521e-7f), s, V.Broadcast(3.2830568491e-4f));
        q = V.Fma(q, s, V.Broadcast(2.5870991736e-2f));
        q = V.Fma(q, s, V.Broadcast(0.467130153f));
        q = V.Fma(q, s, V.Broadcast(1f));
        return z * p / q;
    }

    /// <summary>erf x = x P(x²) / Q(x²), degrees 5 and 5, fitted for the least relative error (2.1e-8 before rounding) on |x| at most 3.95; 1 beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V>(V x) where V : struct, ILanes<V>
    {
        var z = V.Min(V.Broadcast(ErfIsOne), V.Max(V.Broadcast(-ErfIsOne), x));
        var s = z * z;
        var p = V.Fma(V.Broadcast(2.0258695291e-6f), s, V.Broadcast(2.8467622577e-4f));
        p = V.Fma(p, s, V.Broadcast(3.8079121362e-3f));
        p = V.Fma(p, s, V.Broadcast(5.2874657382e-2f));
        p = V.Fma(p, s, V.Broadcast(0.19154533207f));
        p = V.Fma(p, s, V.Broadcast(1.1283791439f));
        var q = V.Fma(V.Broadcast(3.7830799566e-5f), s, V.Broadcast(1.1706542684e-3f));
        q = V.Fma(q, s, V.Broadcast(1.5054594883e-2f));
        q = V.Fma(q, s, V.Broadcast(0.11455744766f));
        q = V.Fma(q, s, V.Broadcast(0.50308530807f));
        q = V.Fma(q, s, V.Broadcast(1f));
        return z * p / q;
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
