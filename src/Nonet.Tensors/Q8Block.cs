namespace Nonet.Tensors;

/// <summary>
/// Q8_0: blocks of 32 elements d · q, a half-precision d followed by 32 signed bytes q. Format:
/// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h.
/// </summary>
public static unsafe class Q8Block
{
    /// <summary>Elements of a block.</summary>
    public const int Elements = 32;

    /// <summary>Bytes of a block.</summary>
    public const int Bytes = 34;

    /// <summary>Writes blocks as weights are rounded: d = max |x| / 127, q = x · (1 / d) to the nearest, halves away from zero. d is rounded to half precision afterwards.</summary>
    public static void Encode(ReadOnlySpan<float> x, Span<byte> blocks)
    {
        if (x.Length % Elements != 0 || blocks.Length != x.Length / Elements * Bytes)
            throw new ShapeException($"{x.Length} elements in {blocks.Length} bytes; blocks of {Elements} elements in {Bytes} bytes are needed");
        for (; x.Length > 0; x = x[Elements..], blocks = blocks[Bytes..])
        {
            var most = 0f;
            foreach (var value in x[..Elements])
                most = Math.Max(most, Math.Abs(value));
            var d = most / 127;
            var inverse = d == 0 ? 0 : 1 / d;
            System.Buffers.Binary.BinaryPrimitives.WriteHalfLittleEndian(blocks, (Half)d);
            for (var i = 0; i < Elements; i++)
                blocks[2 + i] = (byte)(sbyte)MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    /// <summary>
    /// The block by which 32 activations are replaced in a product with such weights: d = max |x| / 127, q = x · (127 / max |x|) to the nearest, halves to even, and d rounded to half
    /// precision afterwards, as llama.cpp does. All in single precision. A NaN or an infinity makes d a NaN.
    /// </summary>
    public static float Round(ReadOnlySpan<float> x, Span<sbyte> q)
    {
        var bits = 0u;
        foreach (var value in x)
            bits = Math.Max(bits, BitConverter.SingleToUInt32Bits(value) & int.MaxValue); // a NaN is the largest
        var most = BitConverter.UInt32BitsToSingle(bits);
        if (!float.IsFinite(most))
        {
            q.Clear();
            return float.NaN;
        }
        var inverse = most == 0 ? 0 : 127 / most;
        for (var i = 0; i < Elements; i++)
            q[i] = (sbyte)MathF.Round(x[i] * inverse);
        return (float)(Half)(most / 127);
    }

    internal static float Scale(byte* block) => (float)BitConverter.UInt16BitsToHalf(*(ushort*)block);

    /// <summary>Element i of a row of blocks.</summary>
    internal static float Value(byte* blocks, long i)
    {
        var block = blocks + i / Elements * Bytes;
        return Scale(block) * ((sbyte*)block)[2 + i % Elements];
    }
}
