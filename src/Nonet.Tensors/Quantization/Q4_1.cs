using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d and m, 32 q of 4 bits: d q + m.</summary>
public sealed unsafe class Q4_1 : SmallFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q4_1;

    /// <inheritdoc/>
    public override int GgmlType => 3;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var (d, m) = (Half(block), Half(block + 2));
        for (var i = 0; i < 16; i++)
        {
            x[i] = (block[4 + i] & 15) * d + m;
            x[i + 16] = (block[4 + i] >> 4) * d + m;
        }
    }

    /// <summary>The smallest value becomes 0, the largest 15.</summary>
    private protected override void Encode(float* x, byte* block)
    {
        var (least, d, inverse) = Range(x, 15);
        SetHalf(block, d);
        SetHalf(block + 2, least);
        Span<int> q = stackalloc int[32];
        for (var i = 0; i < 32; i++)
            q[i] = Math.Min(15, (int)((x[i] - least) * inverse + 0.5f));
        Nibbles.Write(q, block + 4);
    }

    /// <summary>The smallest of 32 values, and the step that divides their range in <paramref name="steps"/>.</summary>
    internal static (float Least, float Step, float Inverse) Range(float* x, int steps)
    {
        var (least, most) = (float.MaxValue, -float.MaxValue);
        for (var i = 0; i < 32; i++)
        {
            if (x[i] < least)
                least = x[i];
            if (x[i] > most)
                most = x[i];
        }
        var d = (most - least) / steps;
        return (least, d, d == 0 ? 0 : 1 / d);
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SmallBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SmallBlocks<Layout>>();

    internal readonly struct Layout : ISmallBlock
    {
        public static int Bytes => 20;
        public static int Words => 4;
        public static bool IsSigned => false;
        public static bool IsExpanded => false;
        public static int Offset => 0;
        public static int Chain => 8;
        public static bool HasMinimum => true;
        public static uint Scales(byte* block) => *(uint*)block;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block + 4, 4, words, stride);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V> => Nibbles.Four<V>(words, t);
    }
}
