using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>16 bytes, for 4 rows, in a Vector128.</summary>
readonly unsafe struct Ints4(Vector128<byte> v) : IIntLanes<Ints4>
{
    public readonly Vector128<byte> V = v;

    public static int Rows => 4;
    public static Ints4 Zero => default;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 Load(byte* p) => new(Vector128.Load(p));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public void Store(byte* p) => V.Store(p);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 Splat(int x) => new(Vector128.Create(x).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 SplatByte(byte x) => new(Vector128.Create(x));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 SplatFloat(float x) => new(Vector128.Create(x).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 operator &(Ints4 a, Ints4 b) => new(a.V & b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 operator |(Ints4 a, Ints4 b) => new(a.V | b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 operator ^(Ints4 a, Ints4 b) => new(a.V ^ b.V);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 operator +(Ints4 a, Ints4 b) => new((a.V.AsInt32() + b.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 operator -(Ints4 a, Ints4 b) => new((a.V.AsInt32() - b.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 operator <<(Ints4 a, int n) => new((a.V.AsInt32() << n).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 operator >>>(Ints4 a, int n) => new((a.V.AsInt32() >>> n).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Lookup(Ints4 index, sbyte* table) => new(Vector128.Shuffle(Vector128.Load(table).AsByte(), index.V));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 WidenUnsigned(byte* p) =>
        new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)p).AsByte()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 WidenSigned(byte* p) =>
        new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)p).AsSByte()).AsByte());

    /// <summary>Exponent and fraction move up 13 bits; multiplying by 2^112 rebiases the exponent, subnormals included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Halves(byte* p)
    {
        var h = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)p).AsInt16());
        return new((((h << 13) & Vector128.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector128.Create(5.192296858534828e33f)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 ToFloat(Ints4 a) => new(Vector128.ConvertToSingle(a.V.AsInt32()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Ints4 Multiply(Ints4 a, Ints4 b) => new((a.V.AsSingle() * b.V.AsSingle()).AsByte());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ints4 Fma(Ints4 a, Ints4 b, Ints4 c) =>
        new(Vector128.FusedMultiplyAdd(a.V.AsSingle(), b.V.AsSingle(), c.V.AsSingle()).AsByte());
}
