using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>16 scales s and minima n of 4 bits, 256 q of 2 bits, half-precision d and m: d s q - m n for each 16.</summary>
public sealed unsafe class Q2_K : SuperFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q2_K;

    /// <inheritdoc/>
    public override int GgmlType => 10;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        byte* scales = block, q = block + 16;
        var (d, m) = (Half(block + 80), Half(block + 82));
        for (var half = 0; half < 2; half++, q += 32)
        {
            for (var shift = 0; shift < 8; shift += 2)
            {
                for (var part = 0; part < 32; part += 16)
                {
                    var (scale, least) = (d * (*scales & 15), m * (*scales >> 4));
                    scales++;
                    for (var i = 0; i < 16; i++)
                        *x++ = scale * (q[part + i] >> shift & 3) - least;
                }
            }
        }
    }

    private protected override void Encode(float* x, byte* block)
    {
        const int Parts = 16, Width = 16, MostScale = 15;
        new Span<byte>(block, BlockBytes).Clear();
        float* weights = stackalloc float[Width], scales = stackalloc float[Parts], minima = stackalloc float[Parts];
        float mostScale = 0, mostMinimum = 0;
        for (var j = 0; j < Parts; j++)
        {
            for (var i = 0; i < Width; i++)
                weights[i] = Math.Abs(x[j * Width + i]);
            (scales[j], minima[j]) = ScaleSearch.WithMinimum(x + j * Width, weights, Width, 3, new(-0.5f, 15), absolute: true);
            mostScale = Math.Max(mostScale, scales[j]);
            mostMinimum = Math.Max(mostMinimum, minima[j]);
        }
        var (inverseScale, inverseMinimum) = (mostScale > 0 ? MostScale / mostScale : 0, mostMinimum > 0 ? MostScale / mostMinimum : 0);
        for (var j = 0; j < Parts; j++)
            block[j] = (byte)(ScaleSearch.Whole(inverseScale * scales[j], 0, MostScale) | ScaleSearch.Whole(inverseMinimum * minima[j], 0, MostScale) << 4);
        SetHalf(block + 80, mostScale / MostScale);
        SetHalf(block + 82, mostMinimum / MostScale);
        var (d, m) = (Half(block + 80), Half(block + 82));
        for (var i = 0; i < 256; i++)
        {
            var scale = d * (block[i / Width] & 15);
            var q = scale == 0 ? 0 : ScaleSearch.Whole((x[i] + m * (block[i / Width] >> 4)) / scale, 0, 3);
            block[16 + i / 128 * 32 + i % 32] |= (byte)(q << i % 128 / 32 * 2);
        }
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SuperBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SuperBlocks<Layout>>();

    internal readonly struct Layout : ISuperBlock
    {
        public static int Bytes => 84;
        public static int Words => 16;
        public static int Parts => 16;
        public static int Chain => 4;
        public static bool HasMinimum => true;
        public static int OffsetBits => 0;
        public static bool IsSigned => false;
        public static uint Scales(byte* block) => *(uint*)(block + 80);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Parse(byte* block, byte* scales, byte* minima)
        {
            for (var j = 0; j < Parts; j++)
                (scales[j], minima[j]) = ((byte)(block[j] & 15), (byte)(block[j] >> 4));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block + 16, Words, words, stride);

        public static V One<V, P>(byte* words, byte* side, int* a, int bytes) where V : struct, IIntLanes<V> where P : struct, IProducts<V> =>
            SuperBlocks<Layout>.Expanded<V, P>(words, side, a, bytes);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Expand<V>(byte* words, byte* to) where V : struct, IIntLanes<V>
        {
            var bytes = 4 * V.Rows;
            var mask = V.SplatByte(3);
            for (var half = 0; half < 2; half++, to += 24 * bytes)
            {
                for (var i = 0; i < 8; i++, words += bytes, to += bytes)
                {
                    var w = V.Load(words);
                    (w & mask).Store(to);
                    ((w >>> 2) & mask).Store(to + 8 * bytes);
                    ((w >>> 4) & mask).Store(to + 16 * bytes);
                    ((w >>> 6) & mask).Store(to + 24 * bytes);
                }
            }
        }
    }
}
