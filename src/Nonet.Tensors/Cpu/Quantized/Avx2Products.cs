using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Needs AVX2. Parts are pairs of 16-bit sums.</summary>
readonly struct Avx2Products : IProducts<Ints8>
{
    public static bool IsBiased => false;

    static Vector256<short> Ones => Vector256.Create((short)1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Dot(Ints8 part, Ints8 w, Ints8 a) => new((part.V.AsInt16() + Avx2.MultiplyAddAdjacent(w.V, a.V.AsSByte())).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Fold(Ints8 sum, Ints8 part) => sum + new Ints8(Avx2.MultiplyAddAdjacent(part.V.AsInt16(), Ones).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Fold(Ints8 sum, Ints8 part, Ints8 scale) => DotPairs(sum, part, scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 First(Ints8 pairs) => new(Avx2.Shuffle(pairs.V, Pattern(0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Second(Ints8 pairs) => new(Avx2.Shuffle(pairs.V, Pattern(2)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Prepare(Ints8 w) => new(Vector256.Abs(w.V.AsSByte()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 DotSigned(Ints8 sum, Ints8 w, Ints8 prepared, Ints8 a) =>
        // |w| · a with the sign of w
        sum + new Ints8(Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(prepared.V, Avx2.Sign(a.V.AsSByte(), w.V.AsSByte())), Ones).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 DotPairs(Ints8 sum, Ints8 x, Ints8 y) => sum + new Ints8(Avx2.MultiplyAddAdjacent(x.V.AsInt16(), y.V.AsInt16()).AsByte());

    /// <summary>Shuffle pattern: the two bytes at index <paramref name="from"/> of every lane, twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<byte> Pattern(byte from) =>
        Vector256.Create(0x0504050401000100UL, 0x0d0c0d0c09080908UL, 0x0504050401000100UL, 0x0d0c0d0c09080908UL).AsByte() + Vector256.Create(from);
}
