using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d and m, 32 fifth bits, 32 q of 4 bits: d q + m.</summary>
public sealed unsafe class Q5_1 : SmallFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q5_1;

    /// <inheritdoc/>
    public override int GgmlType => 7;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var (d, m, high) = (Half(block), Half(block + 2), *(uint*)(block + 4));
        for (var i = 0; i < 16; i++)
        {
            x[i] = ((block[8 + i] & 15) + (int)(high >> i & 1) * 16) * d + m;
            x[i + 16] = ((block[8 + i] >> 4) + (int)(high >> (i + 16) & 1) * 16) * d + m;
        }
    }

    /// <summary>The smallest value becomes 0, the largest 31.</summary>
    private protected override void Encode(float* x, byte* block)
    {
        var (least, d, inverse) = Q4_1.Range(x, 31);
        SetHalf(block, d);
        SetHalf(block + 2, least);
        Span<int> q = stackalloc int[32];
        for (var i = 0; i < 32; i++)
            q[i] = (int)((x[i] - least) * inverse + 0.5f);
        *(uint*)(block + 4) = Q5_0.FifthBitsOf(q);
        Nibbles.Write(q, block + 8);
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SmallBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SmallBlocks<Layout>>();

    internal readonly struct Layout : ISmallBlock
    {
        public static int Bytes => 24;
        public static int Words => 5;
        public static bool IsSigned => false;
        public static bool IsExpanded => false;
        public static int Offset => 0;
        public static int Chain => 4;
        public static bool HasMinimum => true;
        public static uint Scales(byte* block) => *(uint*)block;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride)
        {
            Nibbles.Take(block + 8, 4, words, stride);
            words[4 * stride] = FifthBits.Take(*(uint*)(block + 4));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V> => FifthBits.Four<V>(words, t);
    }
}
