using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu;

/// <summary>16 floats in a Vector512.</summary>
readonly unsafe struct Lanes16(Vector512<float> v) : ILanes<Lanes16>
{
    readonly Vector512<float> v = v;

    public static int Count => 16;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Load(float* p) => new(Vector512.Load(p));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 LoadBF16(ushort* p) =>
        new((Vector512.WidenLower(Vector256.Load(p).ToVector512()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 LoadF16(ushort* p)
    {
        // Exponent and fraction move up 13 bits; multiplying by 2^112 rebiases the exponent, subnormals included. 0x1f becomes infinity or NaN.
        var h = Vector512.WidenLower(Vector256.Load(p).ToVector512());
        var sign = (h & Vector512.Create(0x8000u)) << 16;
        var body = (h & Vector512.Create(0x7fffu)) << 13;
        var value = (body.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        var special = Vector512.GreaterThanOrEqual(body, Vector512.Create(0x7c00u << 13));
        return new((Vector512.ConditionalSelect(special, body | Vector512.Create(0x7f800000u), value) | sign).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Broadcast(float x) => new(Vector512.Create(x));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public void Store(float* p) => v.Store(p);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Fma(Lanes16 a, Lanes16 b, Lanes16 c) =>
        new(Vector512.FusedMultiplyAdd(a.v, b.v, c.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 operator +(Lanes16 a, Lanes16 b) => new(a.v + b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 operator -(Lanes16 a, Lanes16 b) => new(a.v - b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 operator *(Lanes16 a, Lanes16 b) => new(a.v * b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 operator /(Lanes16 a, Lanes16 b) => new(a.v / b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 operator -(Lanes16 a) => new(-a.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Sqrt(Lanes16 a) => new(Vector512.Sqrt(a.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Abs(Lanes16 a) => new(Vector512.Abs(a.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Max(Lanes16 a, Lanes16 b) => new(Vector512.MaxNative(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Min(Lanes16 a, Lanes16 b) => new(Vector512.MinNative(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Round(Lanes16 a) => new(Vector512.Round(a.v));

    // 1.5 2^23 + 127: the sum's low bits are the biased exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 PowerOfTwo(Lanes16 n) => new(((n.v + Vector512.Create(12583039f)).AsUInt32() << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes16 Less(Lanes16 a, Lanes16 b) => new(Vector512.LessThan(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Select(Lanes16 mask, Lanes16 a, Lanes16 b) =>
        new(Vector512.ConditionalSelect(mask.v, a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 CopySign(Lanes16 magnitude, Lanes16 sign) =>
        new(Vector512.CopySign(magnitude.v, sign.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 SwapPairs(Lanes16 a) =>
        new(Vector512.Shuffle(a.v, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public float Sum() => new Lanes8(v.GetLower() + v.GetUpper()).Sum();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public float MaxAcross() => new Lanes8(Vector256.Max(v.GetLower(), v.GetUpper())).MaxAcross();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreBF16(ushort* p)
    {
        // Round to nearest even; NaN keeps its top bits with the quiet bit set.
        var bits = v.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512.Create(1u))) >> 16;
        var nan = (bits >> 16) | Vector512.Create(0x40u);
        var half = Vector512.ConditionalSelect(Vector512.Equals(v, v).AsUInt32(), rounded, nan);
        Vector512.Narrow(half, half).GetLower().Store(p);
    }
}
