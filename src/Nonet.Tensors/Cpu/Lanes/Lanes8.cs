using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu;

/// <summary>8 floats in a Vector256.</summary>
readonly unsafe struct Lanes8(Vector256<float> v) : ILanes<Lanes8>
{
    readonly Vector256<float> v = v;

    public static int Count => 8;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Load(float* p) => new(Vector256.Load(p));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 LoadBF16(ushort* p) =>
        new((Vector256.WidenLower(Vector128.Load(p).ToVector256()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 LoadF16(ushort* p) =>
        new(FromF16(Vector256.WidenLower(Vector128.Load(p).ToVector256())));

    /// <summary>The values of half-precision numbers, each in the lower half of its lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FromF16(Vector256<uint> h)
    {
        // Exponent and fraction move up 13 bits; multiplying by 2^112 rebiases the exponent, subnormals included. 0x1f becomes infinity or NaN.
        var sign = (h & Vector256.Create(0x8000u)) << 16;
        var body = (h & Vector256.Create(0x7fffu)) << 13;
        var value = (body.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
        var special = Vector256.GreaterThanOrEqual(body, Vector256.Create(0x7c00u << 13));
        return (Vector256.ConditionalSelect(special, body | Vector256.Create(0x7f800000u), value) | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Broadcast(float x) => new(Vector256.Create(x));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public void Store(float* p) => v.Store(p);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Fma(Lanes8 a, Lanes8 b, Lanes8 c) => new(Vector256.FusedMultiplyAdd(a.v, b.v, c.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 operator +(Lanes8 a, Lanes8 b) => new(a.v + b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 operator -(Lanes8 a, Lanes8 b) => new(a.v - b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 operator *(Lanes8 a, Lanes8 b) => new(a.v * b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 operator /(Lanes8 a, Lanes8 b) => new(a.v / b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 operator -(Lanes8 a) => new(-a.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Sqrt(Lanes8 a) => new(Vector256.Sqrt(a.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Abs(Lanes8 a) => new(Vector256.Abs(a.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Max(Lanes8 a, Lanes8 b) => new(Vector256.MaxNative(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Min(Lanes8 a, Lanes8 b) => new(Vector256.MinNative(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Round(Lanes8 a) => new(Vector256.Round(a.v));

    // 1.5 2^23 + 127: the sum's low bits are the biased exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 PowerOfTwo(Lanes8 n) => new(((n.v + Vector256.Create(12583039f)).AsUInt32() << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes8 Less(Lanes8 a, Lanes8 b) => new(Vector256.LessThan(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Select(Lanes8 mask, Lanes8 a, Lanes8 b) =>
        new(Vector256.ConditionalSelect(mask.v, a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 CopySign(Lanes8 magnitude, Lanes8 sign) =>
        new(Vector256.CopySign(magnitude.v, sign.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 SwapPairs(Lanes8 a) =>
        new(Vector256.Shuffle(a.v, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public float Sum() => new Lanes4(v.GetLower() + v.GetUpper()).Sum();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public float MaxAcross() => new Lanes4(Vector128.Max(v.GetLower(), v.GetUpper())).MaxAcross();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreBF16(ushort* p)
    {
        // Round to nearest even; NaN keeps its top bits with the quiet bit set.
        var bits = v.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >> 16) & Vector256.Create(1u))) >> 16;
        var nan = (bits >> 16) | Vector256.Create(0x40u);
        var half = Vector256.ConditionalSelect(Vector256.Equals(v, v).AsUInt32(), rounded, nan);
        Vector256.Narrow(half, half).GetLower().Store(p);
    }
}
