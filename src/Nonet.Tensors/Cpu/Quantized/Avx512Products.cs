using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Needs AVX-512 with BW. Parts are pairs of 16-bit sums.</summary>
readonly struct Avx512Products : IProducts<Ints16>
{
    public static bool IsBiased => false;

    static Vector512<short> Ones => Vector512.Create((short)1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Dot(Ints16 part, Ints16 w, Ints16 a) => new((part.V.AsInt16() + Avx512BW.MultiplyAddAdjacent(w.V, a.V.AsSByte())).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Fold(Ints16 sum, Ints16 part) => sum + new Ints16(Avx512BW.MultiplyAddAdjacent(part.V.AsInt16(), Ones).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Fold(Ints16 sum, Ints16 part, Ints16 scale) => DotPairs(sum, part, scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 First(Ints16 pairs) => new(Avx512BW.Shuffle(pairs.V, Pattern(0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Second(Ints16 pairs) => new(Avx512BW.Shuffle(pairs.V, Pattern(2)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Prepare(Ints16 w) => new(Vector512.Abs(w.V.AsSByte()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 DotSigned(Ints16 sum, Ints16 w, Ints16 prepared, Ints16 a) =>
        sum + new Ints16(Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(prepared.V, WithSign(a.V.AsSByte(), w.V.AsSByte())), Ones).AsByte());

    /// <summary>a with the sign of w. Where w is zero, the product is zero whatever the sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<sbyte> WithSign(Vector512<sbyte> a, Vector512<sbyte> w) =>
        Vector512.ConditionalSelect(Vector512.LessThan(w, Vector512<sbyte>.Zero), -a, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 DotPairs(Ints16 sum, Ints16 x, Ints16 y) => sum + new Ints16(Avx512BW.MultiplyAddAdjacent(x.V.AsInt16(), y.V.AsInt16()).AsByte());

    /// <summary>Shuffle pattern: the two bytes at index <paramref name="from"/> of every lane, twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<byte> Pattern(byte from) =>
        Vector512.Create(0x0504050401000100UL, 0x0d0c0d0c09080908UL, 0x0504050401000100UL, 0x0d0c0d0c09080908UL,
            0x0504050401000100UL, 0x0d0c0d0c09080908UL, 0x0504050401000100UL, 0x0d0c0d0c09080908UL).AsByte() + Vector512.Create(from);
}
