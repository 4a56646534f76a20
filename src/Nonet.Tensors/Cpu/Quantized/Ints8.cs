using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>32 bytes, for 8 rows, in a Vector256.</summary>
readonly unsafe struct Ints8(Vector256<byte> v) : IIntLanes<Ints8>
{
    public readonly Vector256<byte> V = v;

    public static int Rows => 8;
    public static Ints8 Zero => default;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 Load(byte* p) => new(Vector256.Load(p));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public void Store(byte* p) => V.Store(p);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 Splat(int x) => new(Vector256.Create(x).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 SplatByte(byte x) => new(Vector256.Create(x));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 SplatFloat(float x) => new(Vector256.Create(x).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 operator &(Ints8 a, Ints8 b) => new(a.V & b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 operator |(Ints8 a, Ints8 b) => new(a.V | b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 operator ^(Ints8 a, Ints8 b) => new(a.V ^ b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 operator +(Ints8 a, Ints8 b) => new((a.V.AsInt32() + b.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 operator -(Ints8 a, Ints8 b) => new((a.V.AsInt32() - b.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 operator <<(Ints8 a, int n) => new((a.V.AsInt32() << n).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 operator >>>(Ints8 a, int n) => new((a.V.AsInt32() >>> n).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Lookup(Ints8 index, sbyte* table)
    {
        var t = Vector128.Load(table).AsByte();
        return new(Avx2.Shuffle(Vector256.Create(t, t), index.V));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 WidenUnsigned(byte* p) =>
        new(Vector256.WidenLower(Vector128.Load(p).ToVector256()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 WidenSigned(byte* p) =>
        new(Vector256.WidenLower(Vector128.Load((sbyte*)p).ToVector256()).AsByte());

    /// <summary>Exponent and fraction move up 13 bits; multiplying by 2^112 rebiases the exponent, subnormals included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Halves(byte* p)
    {
        var h = Vector256.WidenLower(Vector128.Load((short*)p).ToVector256());
        return new((((h << 13) & Vector256.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector256.Create(5.192296858534828e33f)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 ToFloat(Ints8 a) => new(Vector256.ConvertToSingle(a.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints8 Multiply(Ints8 a, Ints8 b) => new((a.V.AsSingle() * b.V.AsSingle()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints8 Fma(Ints8 a, Ints8 b, Ints8 c) =>
        new(Vector256.FusedMultiplyAdd(a.V.AsSingle(), b.V.AsSingle(), c.V.AsSingle()).AsByte());
}
