using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>256 q of 4 low bits, of 2 high bits, 16 signed scales s of 8 bits, half-precision d: d s (q - 32) for each 16.</summary>
public sealed unsafe class Q6_K : SuperFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q6_K;

    /// <inheritdoc/>
    public override int GgmlType => 14;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        byte* low = block, high = block + 128;
        var scales = (sbyte*)(block + 192);
        var d = Half(block + 208);
        for (var half = 0; half < 2; half++, low += 64, high += 32, scales += 8, x += 128)
        {
            for (var i = 0; i < 128; i += 16)
            {
                var four = (Vector128.Load(low + i % 64) >>> (i < 64 ? 0 : 4)) & Vector128.Create((byte)15);
                var two = (Vector128.Load(high + i % 32) >>> (i / 32 * 2)) & Vector128.Create((byte)3);
                Store(four | two << 4, 32, d * scales[i / 16], 0, x + i);
            }
        }
    }

    private protected override void Encode(float* x, byte* block)
    {
        const int Parts = 16, Width = 16;
        new Span<byte>(block, BlockBytes).Clear();
        var scales = stackalloc float[Parts];
        for (var j = 0; j < Parts; j++)
            scales[j] = ScaleSearch.Symmetric(x + j * Width, Width, 32);
        var extreme = ScaleSearch.Extreme(scales, Parts);
        if (Math.Abs(extreme) < ScaleSearch.Least)
            return;
        var inverse = -128 / extreme;
        SetHalf(block + 208, 1 / inverse);
        var d = Half(block + 208);
        for (var j = 0; j < Parts; j++)
            block[192 + j] = (byte)(sbyte)Math.Min(127, (int)MathF.Round(inverse * scales[j]));
        for (var i = 0; i < 256; i++)
        {
            var scale = d * (sbyte)block[192 + i / Width];
            var q = scale == 0 ? 0 : ScaleSearch.Whole(x[i] / scale, -32, 31) + 32;
            var (half, within) = Math.DivRem(i, 128);
            block[64 * half + within % 64] |= (byte)((q & 15) << (within < 64 ? 0 : 4));
            block[128 + 32 * half + within % 32] |= (byte)(q >> 4 << within / 32 * 2);
        }
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SuperBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SuperBlocks<Layout>>();

    internal readonly struct Layout : ISuperBlock
    {
        public static int Bytes => 210;
        public static int Words => 48;
        public static int Parts => 16;
        public static int Chain => 2;
        public static bool HasMinimum => false;
        public static int OffsetBits => 5;
        public static bool IsSigned => true;
        public static uint Scales(byte* block) => *(ushort*)(block + 208);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Parse(byte* block, byte* scales, byte* minima) => Buffer.MemoryCopy(block + 192, scales, Parts, Parts);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block, Words, words, stride);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V One<V, P>(byte* words, byte* side, int* a, int bytes) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
        {
            var width = 4 * V.Rows;
            V mask = V.SplatByte(15), top = V.SplatByte(48);
            var sum = V.Zero;
            byte* highs = words + 32 * width, ahead = words + Prefetch.Ahead;
            for (var half = 0; half < 2; half++, words += 8 * width, side += 8 * V.Rows, a += 24)
            {
                V first = V.WidenSigned(side), second = V.WidenSigned(side + 2 * V.Rows), third = V.WidenSigned(side + 4 * V.Rows),
                    fourth = V.WidenSigned(side + 6 * V.Rows);
                for (var i = 0; i < 8; i += 2, words += 2 * width, highs += 2 * width, ahead += bytes / 8, a += 2)
                {
                    Prefetch.Lines(ahead, bytes / 8);
                    V high = V.Load(highs), w = V.Load(words), z = V.Load(words + 8 * width);
                    var p = P.Dot(V.Zero, w & mask | (high << 4) & top, V.Splat(a[0]));
                    var q = P.Dot(V.Zero, z & mask | (high << 2) & top, V.Splat(a[8]));
                    var r = P.Dot(V.Zero, (w >>> 4) & mask | high & top, V.Splat(a[16]));
                    var s = P.Dot(V.Zero, (z >>> 4) & mask | (high >>> 2) & top, V.Splat(a[24]));
                    (high, w, z) = (V.Load(highs + width), V.Load(words + width), V.Load(words + 9 * width));
                    p = P.Dot(p, w & mask | (high << 4) & top, V.Splat(a[1]));
                    q = P.Dot(q, z & mask | (high << 2) & top, V.Splat(a[9]));
                    r = P.Dot(r, (w >>> 4) & mask | high & top, V.Splat(a[17]));
                    s = P.Dot(s, (z >>> 4) & mask | (high >>> 2) & top, V.Splat(a[25]));
                    sum = P.Fold(sum, p, i < 4 ? P.First(first) : P.Second(first));
                    sum = P.Fold(sum, q, i < 4 ? P.First(second) : P.Second(second));
                    sum = P.Fold(sum, r, i < 4 ? P.First(third) : P.Second(third));
                    sum = P.Fold(sum, s, i < 4 ? P.First(fourth) : P.Second(fourth));
                }
            }
            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Expand<V>(byte* words, byte* to) where V : struct, IIntLanes<V>
        {
            var bytes = 4 * V.Rows;
            V mask = V.SplatByte(15), top = V.SplatByte(48);
            var highs = words + 32 * bytes;
            for (var half = 0; half < 2; half++, words += 8 * bytes, to += 24 * bytes)
            {
                for (var i = 0; i < 8; i++, words += bytes, highs += bytes, to += bytes)
                {
                    V high = V.Load(highs), first = V.Load(words), second = V.Load(words + 8 * bytes);
                    (first & mask | (high << 4) & top).Store(to);
                    (second & mask | (high << 2) & top).Store(to + 8 * bytes);
                    ((first >>> 4) & mask | high & top).Store(to + 16 * bytes);
                    ((second >>> 4) & mask | (high >>> 2) & top).Store(to + 24 * bytes);
                }
            }
        }
    }
}
