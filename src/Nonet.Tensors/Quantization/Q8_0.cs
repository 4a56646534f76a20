using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Half-precision d, 32 signed bytes q: d q.</summary>
public sealed unsafe class Q8_0 : SmallFormat
{
    /// <inheritdoc/>
    public override DType Type => DType.Q8_0;

    /// <inheritdoc/>
    public override int GgmlType => 8;

    /// <inheritdoc/>
    public override int BlockBytes => Layout.Bytes;

    internal override void Decode(byte* block, float* x)
    {
        var d = Half(block);
        for (var i = 0; i < 32; i += 8)
            (Vector256.ConvertToSingle(
                Vector256.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)(block + 2 + i)).AsSByte()).ToVector256())) * d).Store(x + i);
    }

    /// <summary>d = max |x| / 127, q = x / d to the nearest, halves away from zero; d is rounded to half precision afterwards.</summary>
    private protected override void Encode(float* x, byte* block)
    {
        var d = Math.Abs(ScaleSearch.Extreme(x, 32)) / 127;
        var inverse = d == 0 ? 0 : 1 / d;
        SetHalf(block, d);
        for (var i = 0; i < 32; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
    }

    internal override PanelKernels KernelsFor(int bits) => Best<SmallBlocks<Layout>>(bits);
    internal override IEnumerable<PanelKernels> AllKernels => Every<SmallBlocks<Layout>>();

    internal readonly struct Layout : ISmallBlock
    {
        public static int Bytes => 34;
        public static int Words => 8;
        public static bool IsSigned => true;
        public static bool IsExpanded => true;
        public static int Offset => 0;
        public static int Chain => 8;
        public static bool HasMinimum => false;
        public static uint Scales(byte* block) => *(ushort*)block;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(byte* block, uint* words, int stride) => Nibbles.Take(block + 2, 8, words, stride);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V> => V.Load(words + t * 4 * V.Rows);
    }
}
