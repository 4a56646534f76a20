using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d, 32 fifth bits, 32 q of 4 bits: d (q - 16).</summary>
public sealed unsafe class Q5_0 : SmallFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q5_0;

    /// <inheritdoc/>
    public override int GgmlType => 6;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var (d, high) = (Half(block), *(uint*)(block + 2));
        for (var i = 0; i < 16; i++)
        {
            x[i] = ((block[6 + i] & 15) + (int)(high >> i & 1) * 16 - 16) * d;
            x[i + 16] = ((block[6 + i] >> 4) + (int)(high >> (i + 16) & 1) * 16 - 16) * d;
        }
    }

    /// <summary>The value of the largest magnitude becomes -16.</summary>
    private protected override void Encode(float* x, byte* block)
    {
        var d = ScaleSearch.Extreme(x, 32) / -16;
        var inverse = d == 0 ? 0 : 1 / d;
        SetHalf(block, d);
        Span<int> q = stackalloc int[32];
        for (var i = 0; i < 32; i++)
            q[i] = Math.Min(31, (int)(x[i] * inverse + 16.5f));
        *(uint*)(block + 2) = FifthBitsOf(q);
        Nibbles.Write(q, block + 6);
    }

    internal static uint FifthBitsOf(ReadOnlySpan<int> q)
    {
        var bits = 0u;
        for (var i = 0; i < 32; i++)
            bits |= (uint)(q[i] >> 4 & 1) << i;
        return bits;
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SmallBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SmallBlocks<Layout>>();

    internal readonly struct Layout : ISmallBlock
    {
        public static int Bytes => 22;
        public static int Words => 5;
        public static bool IsSigned => false;
        public static bool IsExpanded => false;
        public static int Offset => 16;
        public static int Chain => 4;
        public static bool HasMinimum => false;
        public static uint Scales(byte* block) => *(ushort*)block;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride)
        {
            Nibbles.Take(block + 6, 4, words, stride);
            words[4 * stride] = FifthBits.Take(*(uint*)(block + 2));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V> => FifthBits.Four<V>(words, t);
    }
}
