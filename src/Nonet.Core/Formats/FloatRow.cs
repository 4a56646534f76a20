using System.Runtime.InteropServices;
using Nonet.Tensors.Quantization;

namespace Nonet.Formats;

/// <summary>Rows of floats in a file.</summary>
static class FloatRow
{
    /// <summary>Writes values as F32, F16 or BF16. <paramref name="back"/> receives the rounded values, as a reader of the file gets them.</summary>
    public static void Write(string type, ReadOnlySpan<float> values, Span<byte> to, Span<float> back)
    {
        switch (type)
        {
            case "F32":
                values.CopyTo(MemoryMarshal.Cast<byte, float>(to));
                values.CopyTo(back);
                break;
            case "F16":
                var halves = MemoryMarshal.Cast<byte, Half>(to);
                for (var i = 0; i < values.Length; i++)
                    back[i] = (float)(halves[i] = (Half)values[i]);
                break;
            case "BF16":
                var bits = MemoryMarshal.Cast<byte, ushort>(to);
                for (var i = 0; i < values.Length; i++)
                    back[i] = BitConverter.UInt32BitsToSingle((uint)(bits[i] = Rounded(values[i])) << 16);
                break;
            default:
                throw new NotSupportedException(
                    $"tensors of {type} cannot be written; expected F32, F16, BF16 or a quantised type: "
                    + $"{string.Join(", ", QuantizedFormats.All.Select(f => f.Name))}");
        }
    }

    /// <summary>The upper half of a float, rounded to nearest even; NaN stays NaN.</summary>
    static ushort Rounded(float x)
    {
        var bits = BitConverter.SingleToUInt32Bits(x);
        return float.IsNaN(x) ? (ushort)(bits >> 16 | 64) : (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
}
