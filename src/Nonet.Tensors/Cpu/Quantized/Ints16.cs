using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>64 bytes, for 16 rows, in a Vector512.</summary>
readonly unsafe struct Ints16(Vector512<byte> v) : IIntLanes<Ints16>
{
    public readonly Vector512<byte> V = v;

    public static int Rows => 16;
    public static Ints16 Zero => default;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 Load(byte* p) => new(Vector512.Load(p));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public void Store(byte* p) => V.Store(p);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 Splat(int x) => new(Vector512.Create(x).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 SplatByte(byte x) => new(Vector512.Create(x));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 SplatFloat(float x) => new(Vector512.Create(x).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 operator &(Ints16 a, Ints16 b) => new(a.V & b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 operator |(Ints16 a, Ints16 b) => new(a.V | b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 operator ^(Ints16 a, Ints16 b) => new(a.V ^ b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 operator +(Ints16 a, Ints16 b) => new((a.V.AsInt32() + b.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 operator -(Ints16 a, Ints16 b) => new((a.V.AsInt32() - b.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 operator <<(Ints16 a, int n) => new((a.V.AsInt32() << n).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 operator >>>(Ints16 a, int n) => new((a.V.AsInt32() >>> n).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Lookup(Ints16 index, sbyte* table)
    {
        var t = Vector128.Load(table).AsByte();
        return new(Avx512BW.Shuffle(Vector512.Create(Vector256.Create(t, t), Vector256.Create(t, t)), index.V));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 WidenUnsigned(byte* p) =>
        new(Vector512.WidenLower(Vector256.Load(p).ToVector512()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 WidenSigned(byte* p) =>
        new(Vector512.WidenLower(Vector256.Load((sbyte*)p).ToVector512()).AsByte());

    /// <summary>Exponent and fraction move up 13 bits; multiplying by 2^112 rebiases the exponent, subnormals included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Halves(byte* p)
    {
        var h = Vector512.WidenLower(Vector256.Load((short*)p).ToVector512());
        return new((((h << 13) & Vector512.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector512.Create(5.192296858534828e33f)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 ToFloat(Ints16 a) => new(Vector512.ConvertToSingle(a.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints16 Multiply(Ints16 a, Ints16 b) => new((a.V.AsSingle() * b.V.AsSingle()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints16 Fma(Ints16 a, Ints16 b, Ints16 c) =>
        new(Vector512.FusedMultiplyAdd(a.V.AsSingle(), b.V.AsSingle(), c.V.AsSingle()).AsByte());
}
