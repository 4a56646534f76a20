using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d and 32 q of 4 bits. Each q is an index in a table of 16 values that is denser around zero: d v(q).</summary>
public sealed unsafe class IQ4_NL : SmallFormat
{
    const int Tries = 7;

    static ReadOnlySpan<sbyte> Values => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <inheritdoc/>
    public override DType Type => DType.IQ4_NL;

    /// <inheritdoc/>
    public override int GgmlType => 20;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var d = Half(block);
        for (var i = 0; i < 16; i++)
        {
            x[i] = d * Values[block[2 + i] & 15];
            x[i + 16] = d * Values[block[2 + i] >> 4];
        }
    }

    /// <summary>
    /// The least-squares d of 15 candidates around the one that maps the value of the largest magnitude to the first entry of the table. Errors are
    /// weighted by x².
    /// </summary>
    private protected override void Encode(float* x, byte* block)
    {
        var extreme = ScaleSearch.Extreme(x, 32);
        var d = 0f;
        if (Math.Abs(extreme) >= ScaleSearch.Least)
        {
            var (vx, vv) = Moments(x, 1 / (-extreme / Values[0]));
            d = vx / vv;
            var best = d * vx;
            for (var i = -Tries; i <= Tries; i++)
            {
                (vx, vv) = Moments(x, (i + Values[0]) / extreme);
                if (vv <= 0 || vx * vx <= best * vv)
                    continue;
                d = vx / vv;
                best = d * vx;
            }
        }
        SetHalf(block, d);
        var inverse = d == 0 ? 0 : 1 / d;
        Span<int> q = stackalloc int[32];
        for (var i = 0; i < 32; i++)
            q[i] = Nearest(inverse * x[i]);
        Nibbles.Write(q, block + 2);
    }

    static (float VX, float VV) Moments(float* x, float inverse)
    {
        var (vx, vv) = (0f, 0f);
        for (var i = 0; i < 32; i++)
        {
            var (v, w) = ((float)Values[Nearest(inverse * x[i])], x[i] * x[i]);
            vx += w * v * x[i];
            vv += w * v * v;
        }
        return (vx, vv);
    }

    /// <summary>Index of the table entry nearest to x; of two that are equally near, the higher.</summary>
    static int Nearest(float x)
    {
        if (x <= Values[0])
            return 0;
        var above = 1;
        while (above < 15 && x >= Values[above])
            above++;
        return x - Values[above - 1] < Values[above] - x ? above - 1 : above;
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SmallBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SmallBlocks<Layout>>();

    internal readonly struct Layout : ISmallBlock
    {
        public static int Bytes => 18;
        public static int Words => 4;
        public static bool IsSigned => true;
        public static bool IsExpanded => false;
        public static int Offset => 0;
        public static int Chain => 8;
        public static bool HasMinimum => false;
        public static uint Scales(byte* block) => *(ushort*)block;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block + 2, 4, words, stride);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V> =>
            V.Lookup(Nibbles.Four<V>(words, t), (sbyte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Values)));
    }
}
