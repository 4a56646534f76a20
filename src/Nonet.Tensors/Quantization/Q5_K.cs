using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d and m, 8 scales s and minima n of 6 bits, 256 fifth bits, 256 q of 4 bits: d s q - m n for each 32.</summary>
public sealed unsafe class Q5_K : SuperFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q5_K;

    /// <inheritdoc/>
    public override int GgmlType => 13;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var (d, m) = (Half(block), Half(block + 2));
        byte* high = block + 16, q = block + 48;
        for (var j = 0; j < 8; j++)
        {
            var (s, n) = PackedScales.Read(block + 4, j);
            var (scale, least, shift) = (d * s, m * n, 4 * (j % 2));
            for (var i = 0; i < 32; i += 16, x += 16)
            {
                var four = (Vector128.Load(q + j / 2 * 32 + i) >>> shift) & Vector128.Create((byte)15);
                var one = (Vector128.Load(high + i) >>> j) & Vector128.Create((byte)1);
                Store(four | one << 4, 0, scale, least, x);
            }
        }
    }

    private protected override void Encode(float* x, byte* block)
    {
        Span<int> q = stackalloc int[256];
        PackedScales.Encode(x, 31, new(-0.5f, 15), block, q);
        byte* high = block + 16, low = block + 48;
        new Span<byte>(high, 32).Clear();
        for (var i = 0; i < 256; i++)
            high[i % 32] |= (byte)(q[i] >> 4 << i / 32);
        for (var j = 0; j < 4; j++)
        {
            for (var i = 0; i < 32; i++)
                low[32 * j + i] = (byte)(q[64 * j + i] & 15 | (q[64 * j + 32 + i] & 15) << 4);
        }
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SuperBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SuperBlocks<Layout>>();

    internal readonly struct Layout : ISuperBlock
    {
        public static int Bytes => 176;
        public static int Words => 40;
        public static int Parts => 8;
        public static int Chain => 4;
        public static bool HasMinimum => true;
        public static int OffsetBits => 0;
        public static bool IsSigned => false;
        public static uint Scales(byte* block) => *(uint*)block;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Parse(byte* block, byte* scales, byte* minima) => PackedScales.Parse(block + 4, scales, minima);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block + 16, Words, words, stride);

        public static V One<V, P>(byte* words, byte* side, int* a, int bytes) where V : struct, IIntLanes<V> where P : struct, IProducts<V> =>
            SuperBlocks<Layout>.Expanded<V, P>(words, side, a, bytes);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Expand<V>(byte* words, byte* to) where V : struct, IIntLanes<V>
        {
            var bytes = 4 * V.Rows;
            V mask = V.SplatByte(15), fifth = V.SplatByte(16);
            for (var i = 0; i < 8; i++, words += bytes, to += bytes)
            {
                var high = V.Load(words);
                var w = V.Load(words + 8 * bytes);
                (w & mask | (high << 4) & fifth).Store(to);
                ((w >>> 4) & mask | (high << 3) & fifth).Store(to + 8 * bytes);
                w = V.Load(words + 16 * bytes);
                (w & mask | (high << 2) & fifth).Store(to + 16 * bytes);
                ((w >>> 4) & mask | (high << 1) & fifth).Store(to + 24 * bytes);
                w = V.Load(words + 24 * bytes);
                (w & mask | high & fifth).Store(to + 32 * bytes);
                ((w >>> 4) & mask | (high >>> 1) & fifth).Store(to + 40 * bytes);
                w = V.Load(words + 32 * bytes);
                (w & mask | (high >>> 2) & fifth).Store(to + 48 * bytes);
                ((w >>> 4) & mask | (high >>> 3) & fifth).Store(to + 56 * bytes);
            }
        }
    }
}
