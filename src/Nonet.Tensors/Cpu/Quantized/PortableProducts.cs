using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Shifts and multiplications that every processor has. Parts are 32-bit sums.</summary>
readonly struct PortableProducts : IProducts<Ints4>
{
    public static bool IsBiased => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Dot(Ints4 part, Ints4 w, Ints4 a) => DotSigned(part, w, w, a); // weights below 64 are also valid as signed bytes

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Fold(Ints4 sum, Ints4 part) => sum + part;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Fold(Ints4 sum, Ints4 part, Ints4 scale) => sum + new Ints4((part.V.AsInt32() * scale.V.AsInt32()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 First(Ints4 pairs) => new(((pairs.V.AsInt32() << 16) >> 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Second(Ints4 pairs) => new((pairs.V.AsInt32() >> 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Prepare(Ints4 w) => w;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 DotSigned(Ints4 sum, Ints4 w, Ints4 prepared, Ints4 a)
    {
        Vector128<short> w2 = w.V.AsInt16(), a2 = a.V.AsInt16(); // a pair of bytes each; two products are at most 2 · 128 · 127 < 2^15
        var pairs = (((w2 << 8) >> 8) * ((a2 << 8) >> 8) + (w2 >> 8) * (a2 >> 8)).AsInt32();
        return sum + new Ints4((((pairs << 16) >> 16) + (pairs >> 16)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 DotPairs(Ints4 sum, Ints4 x, Ints4 y) => Fold(Fold(sum, First(x), First(y)), Second(x), Second(y));
}
