using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// Elementary functions over registers, in float arithmetic, the same bits in every lane, at every position and at every width.
/// The errors stated are the largest measured by VectorMathTests.
/// </summary>
static unsafe class VectorMath
{
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

    /// <summary>tanh x: an odd polynomial of degree 13 over an even one of degree 6 (Eigen, ptanh_float), 1 beyond 7.9.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x) where V : struct, ILanes<V>
    {
        var z = V.Min(V.Broadcast(7.90531110763549805f), V.Max(V.Broadcast(-7.90531110763549805f), x));
        var s = z * z;
        var p = V.Fma(V.Broadcast(-2.76076847742355e-16f), s, V.Broadcast(2.00018790482477e-13f));
        p = V.Fma(p, s, V.Broadcast(-8.60467152213735e-11f));
        p = V.Fma(p, s, V.Broadcast(5.12229709037114e-08f));
        p = V.Fma(p, s, V.Broadcast(1.48572235717979e-05f));
        p = V.Fma(p, s, V.Broadcast(6.37261928875436e-04f));
        p = V.Fma(p, s, V.Broadcast(4.89352455891786e-03f));
        var q = V.Fma(V.Broadcast(1.19825839466702e-06f), s, V.Broadcast(1.18534705686654e-04f));
        q = V.Fma(q, s, V.Broadcast(2.26843463243900e-03f));
        q = V.Fma(q, s, V.Broadcast(4.89352518554385e-03f));
        return z * p / q;
    }

    /// <summary>erf x: an odd polynomial of degree 13 over an even one of degree 8 (Eigen, perf_float), 1 beyond 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V>(V x) where V : struct, ILanes<V>
    {
        var z = V.Min(V.Broadcast(4f), V.Max(V.Broadcast(-4f), x));
        var s = z * z;
        var p = V.Fma(V.Broadcast(-2.72614225801306e-10f), s, V.Broadcast(2.77068142495902e-08f));
        p = V.Fma(p, s, V.Broadcast(-2.10102402082508e-06f));
        p = V.Fma(p, s, V.Broadcast(-5.69250639462346e-05f));
        p = V.Fma(p, s, V.Broadcast(-7.34990630326855e-04f));
        p = V.Fma(p, s, V.Broadcast(-2.95459980854025e-03f));
        p = V.Fma(p, s, V.Broadcast(-1.60960333262415e-02f));
        var q = V.Fma(V.Broadcast(-1.45660718464996e-05f), s, V.Broadcast(-2.13374055278905e-04f));
        q = V.Fma(q, s, V.Broadcast(-1.68282697438203e-03f));
        q = V.Fma(q, s, V.Broadcast(-7.37332916720468e-03f));
        q = V.Fma(q, s, V.Broadcast(-1.42647390514189e-02f));
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
