using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu;

/// <summary>4 floats in a Vector128.</summary>
readonly unsafe struct Lanes4(Vector128<float> v) : ILanes<Lanes4>
{
    readonly Vector128<float> v = v;

    public static int Count => 4;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Load(float* p) => new(Vector128.Load(p));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 LoadBF16(ushort* p) =>
        new((Vector128.WidenLower(Vector64.Load(p).ToVector128()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 LoadF16(ushort* p)
    {
        // Exponent and fraction move up 13 bits; multiplying by 2^112 rebiases the exponent, subnormals included. 0x1f becomes infinity or NaN.
        var h = Vector128.WidenLower(Vector64.Load(p).ToVector128());
        var sign = (h & Vector128.Create(0x8000u)) << 16;
        var body = (h & Vector128.Create(0x7fffu)) << 13;
        var value = (body.AsSingle() * Vector128.Create(5.192296858534828e33f)).AsUInt32();
        var special = Vector128.GreaterThanOrEqual(body, Vector128.Create(0x7c00u << 13));
        return new((Vector128.ConditionalSelect(special, body | Vector128.Create(0x7f800000u), value) | sign).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Broadcast(float x) => new(Vector128.Create(x));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public void Store(float* p) => v.Store(p);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Fma(Lanes4 a, Lanes4 b, Lanes4 c) => new(Vector128.FusedMultiplyAdd(a.v, b.v, c.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 operator +(Lanes4 a, Lanes4 b) => new(a.v + b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 operator -(Lanes4 a, Lanes4 b) => new(a.v - b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 operator *(Lanes4 a, Lanes4 b) => new(a.v * b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 operator /(Lanes4 a, Lanes4 b) => new(a.v / b.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 operator -(Lanes4 a) => new(-a.v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Sqrt(Lanes4 a) => new(Vector128.Sqrt(a.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Abs(Lanes4 a) => new(Vector128.Abs(a.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Max(Lanes4 a, Lanes4 b) => new(Vector128.MaxNative(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Min(Lanes4 a, Lanes4 b) => new(Vector128.MinNative(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Round(Lanes4 a) => new(Vector128.Round(a.v));

    // 1.5 2^23 + 127: the sum's low bits are the biased exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 PowerOfTwo(Lanes4 n) => new(((n.v + Vector128.Create(12583039f)).AsUInt32() << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 Less(Lanes4 a, Lanes4 b) => new(Vector128.LessThan(a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Select(Lanes4 mask, Lanes4 a, Lanes4 b) =>
        new(Vector128.ConditionalSelect(mask.v, a.v, b.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 CopySign(Lanes4 magnitude, Lanes4 sign) =>
        new(Vector128.CopySign(magnitude.v, sign.v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes4 SwapPairs(Lanes4 a) => new(Vector128.Shuffle(a.v, Vector128.Create(1, 0, 3, 2)));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public float Sum() => (v[0] + v[2]) + (v[1] + v[3]);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public float MaxAcross() => MathF.Max(MathF.Max(v[0], v[2]), MathF.Max(v[1], v[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreBF16(ushort* p)
    {
        // Round to nearest even; NaN keeps its top bits with the quiet bit set.
        var bits = v.AsUInt32();
        var rounded = (bits + Vector128.Create(0x7fffu) + ((bits >> 16) & Vector128.Create(1u))) >> 16;
        var nan = (bits >> 16) | Vector128.Create(0x40u);
        var half = Vector128.ConditionalSelect(Vector128.Equals(v, v).AsUInt32(), rounded, nan);
        Vector128.Narrow(half, half).GetLower().Store(p);
    }
}
