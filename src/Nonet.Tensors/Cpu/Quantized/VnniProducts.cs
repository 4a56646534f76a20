using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Needs AVX-VNNI. Parts are 32-bit sums; signed weights are multiplied as unsigned ones 128 higher.</summary>
readonly struct VnniProducts : IProducts<Ints8>
{
    public static bool IsBiased => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Dot(Ints8 part, Ints8 w, Ints8 a) => new(AvxVnni.MultiplyWideningAndAdd(part.V.AsInt32(), w.V, a.V.AsSByte()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Fold(Ints8 sum, Ints8 part) => sum + part;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Fold(Ints8 sum, Ints8 part, Ints8 scale) => sum + new Ints8((part.V.AsInt32() * scale.V.AsInt32()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 First(Ints8 pairs) => new(((pairs.V.AsInt32() << 16) >> 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Second(Ints8 pairs) => new((pairs.V.AsInt32() >> 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Prepare(Ints8 w) => w ^ Ints8.SplatByte(128);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 DotSigned(Ints8 sum, Ints8 w, Ints8 prepared, Ints8 a) => Dot(sum, prepared, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 DotPairs(Ints8 sum, Ints8 x, Ints8 y) => new(AvxVnni.MultiplyWideningAndAdd(sum.V.AsInt32(), x.V.AsInt16(), y.V.AsInt16()).AsByte());
}
