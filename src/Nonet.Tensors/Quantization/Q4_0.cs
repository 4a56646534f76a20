using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d, 32 q of 4 bits: d (q - 8).</summary>
public sealed unsafe class Q4_0 : SmallFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q4_0;

    /// <inheritdoc/>
    public override int GgmlType => 2;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var d = Half(block);
        for (var i = 0; i < 16; i++)
        {
            x[i] = ((block[2 + i] & 15) - 8) * d;
            x[i + 16] = ((block[2 + i] >> 4) - 8) * d;
        }
    }

    /// <summary>The value of the largest magnitude becomes -8.</summary>
    private protected override void Encode(float* x, byte* block)
    {
        var d = ScaleSearch.Extreme(x, 32) / -8;
        var inverse = d == 0 ? 0 : 1 / d;
        SetHalf(block, d);
        Span<int> q = stackalloc int[32];
        for (var i = 0; i < 32; i++)
            q[i] = Math.Min(15, (int)(x[i] * inverse + 8.5f));
        Nibbles.Write(q, block + 2);
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SmallBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SmallBlocks<Layout>>();

    internal readonly struct Layout : ISmallBlock
    {
        public static int Bytes => 18;
        public static int Words => 4;
        public static bool IsSigned => false;
        public static bool IsExpanded => false;
        public static int Offset => 8;
        public static int Chain => 8;
        public static bool HasMinimum => false;
        public static uint Scales(byte* block) => *(ushort*)block;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block + 2, 4, words, stride);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V> => Nibbles.Four<V>(words, t);
    }
}
