using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d and m, 8 scales s and minima n of 6 bits, 256 q of 4 bits: d s q - m n for each 32.</summary>
public sealed unsafe class Q4_K : SuperFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q4_K;

    /// <inheritdoc/>
    public override int GgmlType => 12;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var (d, m) = (Half(block), Half(block + 2));
        var q = block + 16;
        for (var j = 0; j < 8; j++)
        {
            var (s, n) = PackedScales.Read(block + 4, j);
            var (scale, least, shift) = (d * s, m * n, 4 * (j % 2));
            for (var i = 0; i < 32; i += 16, x += 16)
                Store((Vector128.Load(q + j / 2 * 32 + i) >>> shift) & Vector128.Create((byte)15), 0, scale, least, x);
        }
    }

    private protected override void Encode(float* x, byte* block)
    {
        Span<int> q = stackalloc int[256];
        PackedScales.Encode(x, 15, new(-1, 20), block, q);
        for (var j = 0; j < 4; j++)
        {
            for (var i = 0; i < 32; i++)
                block[16 + 32 * j + i] = (byte)(q[64 * j + i] | q[64 * j + 32 + i] << 4);
        }
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SuperBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SuperBlocks<Layout>>();

    internal readonly struct Layout : ISuperBlock
    {
        public static int Bytes => 144;
        public static int Words => 32;
        public static int Parts => 8;
        public static int Chain => 8;
        public static bool HasMinimum => true;
        public static int OffsetBits => 0;
        public static bool IsSigned => false;
        public static uint Scales(byte* block) => *(uint*)block;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Parse(byte* block, byte* scales, byte* minima) => PackedScales.Parse(block + 4, scales, minima);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block + 16, Words, words, stride);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V One<V, P>(byte* words, byte* side, int* a, int bytes) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
        {
            var width = 4 * V.Rows;
            var mask = V.SplatByte(15);
            var sum = V.Zero;
            var ahead = words + Prefetch.Ahead;
            for (var j = 0; j < 4; j++, side += 2 * V.Rows, a += 16, ahead += bytes / 4)
            {
                Prefetch.Lines(ahead, bytes / 4);
                V low = V.Zero, high = V.Zero;
                for (var i = 0; i < 8; i += 2, words += 2 * width)
                {
                    var w = V.Load(words);
                    low = P.Dot(low, w & mask, V.Splat(a[i]));
                    high = P.Dot(high, (w >>> 4) & mask, V.Splat(a[i + 8]));
                    w = V.Load(words + width);
                    low = P.Dot(low, w & mask, V.Splat(a[i + 1]));
                    high = P.Dot(high, (w >>> 4) & mask, V.Splat(a[i + 9]));
                }
                var scales = V.WidenUnsigned(side);
                sum = P.Fold(sum, low, P.First(scales));
                sum = P.Fold(sum, high, P.Second(scales));
            }
            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Expand<V>(byte* words, byte* to) where V : struct, IIntLanes<V>
        {
            var bytes = 4 * V.Rows;
            var mask = V.SplatByte(15);
            for (var j = 0; j < 4; j++, to += 8 * bytes)
            {
                for (var i = 0; i < 8; i++, words += bytes, to += bytes)
                {
                    var w = V.Load(words);
                    (w & mask).Store(to);
                    ((w >>> 4) & mask).Store(to + 8 * bytes);
                }
            }
        }
    }
}
