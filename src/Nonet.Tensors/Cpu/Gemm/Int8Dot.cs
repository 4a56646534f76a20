using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// Sums of products of signed bytes, four neighbours to an integer. Exact, so that every implementation gives the same: the processor's own instructions where it has them, and a twin of
/// shifts and multiplications.
/// </summary>
interface IInt8Dot
{
    /// <summary>sum[i] + Σ w[4i + t] · a[4i + t] over t = 0..3.</summary>
    /// <param name="sum">Sums so far.</param>
    /// <param name="w">Any bytes.</param>
    /// <param name="magnitude">|w|, 128 for -128.</param>
    /// <param name="a">Bytes from -127 to 127.</param>
    static abstract Vector256<int> Add(Vector256<int> sum, Vector256<sbyte> w, Vector256<byte> magnitude, Vector256<sbyte> a);
}

readonly struct PortableInt8Dot : IInt8Dot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<sbyte> w, Vector256<byte> magnitude, Vector256<sbyte> a)
    {
        Vector256<short> w2 = w.AsInt16(), a2 = a.AsInt16(); // a pair of bytes each; two products are at most 2 · 128 · 127 < 2^15
        var pairs = (((w2 << 8) >> 8) * ((a2 << 8) >> 8) + (w2 >> 8) * (a2 >> 8)).AsInt32();
        return sum + ((pairs << 16) >> 16) + (pairs >> 16);
    }
}

/// <summary>Needs AVX2.</summary>
readonly struct AvxInt8Dot : IInt8Dot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<sbyte> w, Vector256<byte> magnitude, Vector256<sbyte> a) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(magnitude, Avx2.Sign(a, w)), Vector256.Create((short)1)); // |w| · a with the sign of w
}

/// <summary>Needs AVX-VNNI.</summary>
readonly struct VnniInt8Dot : IInt8Dot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<sbyte> w, Vector256<byte> magnitude, Vector256<sbyte> a) =>
        AvxVnni.MultiplyWideningAndAdd(sum, magnitude, Avx2.Sign(a, w));
}
