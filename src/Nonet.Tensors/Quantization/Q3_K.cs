using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>256 third bits, 256 q of 2 bits, 16 scales s of 6 bits in 12 bytes, half-precision d: d (s - 32) (q - 4) for each 16.</summary>
public sealed unsafe class Q3_K : SuperFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q3_K;

    /// <inheritdoc/>
    public override int GgmlType => 11;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        byte* high = block, q = block + 32;
        var d = Half(block + 108);
        var scales = stackalloc byte[16];
        Layout.Parse(block, scales, null);
        var bit = 1;
        for (var half = 0; half < 2; half++, q += 32)
        {
            for (var shift = 0; shift < 8; shift += 2, bit <<= 1)
            {
                for (var part = 0; part < 32; part += 16)
                {
                    var scale = d * (sbyte)*scales++;
                    for (var i = part; i < part + 16; i++)
                        *x++ = scale * ((q[i] >> shift & 3) - ((high[i] & bit) != 0 ? 0 : 4));
                }
            }
        }
    }

    private protected override void Encode(float* x, byte* block)
    {
        const int Parts = 16, Width = 16;
        new Span<byte>(block, BlockBytes).Clear();
        var scales = stackalloc float[Parts];
        for (var j = 0; j < Parts; j++)
            scales[j] = ScaleSearch.SymmetricByTurns(x + j * Width, Width, 4);
        var extreme = ScaleSearch.Extreme(scales, Parts);
        var inverse = extreme == 0 ? 0 : -32 / extreme;
        var packed = block + 96;
        for (var j = 0; extreme != 0 && j < Parts; j++)
        {
            var s = ScaleSearch.Whole(inverse * scales[j], -32, 31) + 32;
            packed[j % 8] |= (byte)((s & 15) << j / 8 * 4);
            packed[8 + j % 4] |= (byte)(s >> 4 << j / 4 * 2);
        }
        SetHalf(block + 108, extreme == 0 ? 0 : 1 / inverse);
        var d = Half(block + 108);
        var whole = stackalloc byte[Parts];
        Layout.Parse(block, whole, null);
        for (var i = 0; i < 256; i++)
        {
            var scale = d * (sbyte)whole[i / Width];
            var q = scale == 0 ? 4 : ScaleSearch.Whole(x[i] / scale, -4, 3) + 4;
            block[32 + i / 128 * 32 + i % 32] |= (byte)((q & 3) << i % 128 / 32 * 2);
            block[i % 32] |= (byte)(q >> 2 << i / 32);
        }
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SuperBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SuperBlocks<Layout>>();

    internal readonly struct Layout : ISuperBlock
    {
        public static int Bytes => 110;
        public static int Words => 24;
        public static int Parts => 16;
        public static int Chain => 4;
        public static bool HasMinimum => false;
        public static int OffsetBits => 2;
        public static bool IsSigned => true;
        public static uint Scales(byte* block) => *(ushort*)(block + 108);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Parse(byte* block, byte* scales, byte* minima)
        {
            var packed = block + 96;
            for (var j = 0; j < Parts; j++)
            {
                var low = j < 8 ? packed[j] & 15 : packed[j - 8] >> 4;
                scales[j] = (byte)((low | (packed[8 + j % 4] >> (2 * (j / 4)) & 3) << 4) - 32);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block, Words, words, stride);

        public static V One<V, P>(byte* words, byte* side, int* a, int bytes) where V : struct, IIntLanes<V> where P : struct, IProducts<V> =>
            SuperBlocks<Layout>.Expanded<V, P>(words, side, a, bytes);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Expand<V>(byte* words, byte* to) where V : struct, IIntLanes<V>
        {
            var bytes = 4 * V.Rows;
            V mask = V.SplatByte(3), third = V.SplatByte(4);
            for (var i = 0; i < 8; i++, words += bytes, to += bytes)
            {
                V high = V.Load(words), first = V.Load(words + 8 * bytes), second = V.Load(words + 16 * bytes);
                (first & mask | (high << 2) & third).Store(to);
                ((first >>> 2) & mask | (high << 1) & third).Store(to + 8 * bytes);
                ((first >>> 4) & mask | high & third).Store(to + 16 * bytes);
                ((first >>> 6) & mask | (high >>> 1) & third).Store(to + 24 * bytes);
                (second & mask | (high >>> 2) & third).Store(to + 32 * bytes);
                ((second >>> 2) & mask | (high >>> 3) & third).Store(to + 40 * bytes);
                ((second >>> 4) & mask | (high >>> 4) & third).Store(to + 48 * bytes);
                ((second >>> 6) & mask | (high >>> 5) & third).Store(to + 56 * bytes);
            }
        }
    }
}
