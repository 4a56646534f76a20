namespace Nonet.Tensors;

/// <summary>Rounding between float formats, to nearest, ties to even.</summary>
static class Rounding
{
    /// <summary>bfloat16 bits of a float; NaN stays NaN.</summary>
    public static ushort ToBF16(float x)
    {
        var bits = BitConverter.SingleToUInt32Bits(x);
        if (float.IsNaN(x))
            return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    public static float FromBF16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
