using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Needs Arm's dot product. Parts are 32-bit sums. Unsigned weights are below 128, so they are also valid as signed bytes.</summary>
readonly struct ArmProducts : IProducts<Ints4>
{
    public static bool IsBiased => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Dot(Ints4 part, Ints4 w, Ints4 a) => new(Dp.DotProduct(part.V.AsInt32(), w.V.AsSByte(), a.V.AsSByte()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Fold(Ints4 sum, Ints4 part) => sum + part;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Fold(Ints4 sum, Ints4 part, Ints4 scale) => PortableProducts.Fold(sum, part, scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 First(Ints4 pairs) => PortableProducts.First(pairs);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Second(Ints4 pairs) => PortableProducts.Second(pairs);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Prepare(Ints4 w) => w;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 DotSigned(Ints4 sum, Ints4 w, Ints4 prepared, Ints4 a) => Dot(sum, w, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 DotPairs(Ints4 sum, Ints4 x, Ints4 y) => PortableProducts.DotPairs(sum, x, y);
}
