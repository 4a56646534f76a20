using System.Runtime.CompilerServices;

namespace Nonet.Formats.Gguf;

/// <summary>
/// Decodes the block types of GGUF, element by element as ggml's reference does: each product and sum is rounded in the same order. d and m are half-precision
/// scales; q the small integers.
/// </summary>
static unsafe class GgufBlocks
{
    const int Super = 256;

    /// <summary>The types that can be decoded; Q8_0 is computed with as it lies.</summary>
    public static readonly IReadOnlyList<string> Supported = ["Q8_1", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"];

    /// <summary>Writes the elements of so many blocks.</summary>
    public static void Decode(string type, byte* x, float* y, long blocks)
    {
        delegate*<byte*, float*, void> decode = type switch
        {
            "Q8_1" => &Q8_1,
            "Q4_0" => &Q4_0,
            "Q4_1" => &Q4_1,
            "Q5_0" => &Q5_0,
            "Q5_1" => &Q5_1,
            "Q2_K" => &Q2_K,
            "Q3_K" => &Q3_K,
            "Q4_K" => &Q4_K,
            "Q5_K" => &Q5_K,
            "Q6_K" => &Q6_K,
            _ => throw new NotSupportedException($"blocks of {type}; {string.Join(", ", Supported)} can be decoded"),
        };
        var form = GgufType.Named(type);
        for (var b = 0L; b < blocks; b++)
            decode(x + b * form.BlockBytes, y + b * form.BlockElements);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Half(byte* x) => (float)BitConverter.UInt16BitsToHalf(*(ushort*)x);

    static int Bit(uint bits, int i) => (int)(bits >> i & 1);

    /// <summary>d, d Σ q, 32 q of 8 bits: d q.</summary>
    static void Q8_1(byte* x, float* y)
    {
        var d = Half(x);
        for (var i = 0; i < 32; i++)
            y[i] = (sbyte)x[4 + i] * d;
    }

    /// <summary>d, 32 q of 4 bits, those of the first half low: d (q − 8).</summary>
    static void Q4_0(byte* x, float* y)
    {
        var d = Half(x);
        for (var i = 0; i < 16; i++)
        {
            y[i] = ((x[2 + i] & 15) - 8) * d;
            y[i + 16] = ((x[2 + i] >> 4) - 8) * d;
        }
    }

    /// <summary>d, m, 32 q of 4 bits: d q + m.</summary>
    static void Q4_1(byte* x, float* y)
    {
        var (d, m) = (Half(x), Half(x + 2));
        for (var i = 0; i < 16; i++)
        {
            y[i] = (x[4 + i] & 15) * d + m;
            y[i + 16] = (x[4 + i] >> 4) * d + m;
        }
    }

    /// <summary>d, 32 fifth bits, 32 q of 4 bits: d (q − 16).</summary>
    static void Q5_0(byte* x, float* y)
    {
        var (d, high) = (Half(x), *(uint*)(x + 2));
        for (var i = 0; i < 16; i++)
        {
            y[i] = ((x[6 + i] & 15) + 16 * Bit(high, i) - 16) * d;
            y[i + 16] = ((x[6 + i] >> 4) + 16 * Bit(high, i + 16) - 16) * d;
        }
    }

    /// <summary>d, m, 32 fifth bits, 32 q of 4 bits: d q + m.</summary>
    static void Q5_1(byte* x, float* y)
    {
        var (d, m, high) = (Half(x), Half(x + 2), *(uint*)(x + 4));
        for (var i = 0; i < 16; i++)
        {
            y[i] = ((x[8 + i] & 15) + 16 * Bit(high, i)) * d + m;
            y[i + 16] = ((x[8 + i] >> 4) + 16 * Bit(high, i + 16)) * d + m;
        }
    }

    /// <summary>16 scales of 4 bits with 16 minima of 4 bits, 256 q of 2 bits, d, m: d s q − m n for each 16.</summary>
    static void Q2_K(byte* x, float* y)
    {
        byte* scales = x, q = x + 16;
        var (d, m) = (Half(x + 80), Half(x + 82));
        for (var half = 0; half < 2; half++, q += 32)
        {
            for (var shift = 0; shift < 8; shift += 2)
            {
                for (var part = 0; part < 32; part += 16)
                {
                    var (scale, least) = (d * (*scales & 15), m * (*scales >> 4));
                    scales++;
                    for (var i = 0; i < 16; i++)
                        *y++ = scale * (q[part + i] >> shift & 3) - least;
                }
            }
        }
    }

    /// <summary>256 third bits (clear: less 4), 256 q of 2 bits, 16 scales of 6 bits in 12 bytes, d: d (s − 32) q for each 16.</summary>
    static void Q3_K(byte* x, float* y)
    {
        byte* high = x, q = x + 32, packed = x + 96;
        var d = Half(x + 108);
        var scales = stackalloc sbyte[16];
        for (var i = 0; i < 16; i++)
        {
            var low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
            scales[i] = (sbyte)((low | (packed[8 + i % 4] >> (2 * (i / 4)) & 3) << 4) - 32);
        }
        var bit = 1;
        for (var half = 0; half < 2; half++, q += 32)
        {
            for (var shift = 0; shift < 8; shift += 2, bit <<= 1)
            {
                for (var part = 0; part < 32; part += 16)
                {
                    var scale = d * *scales++;
                    for (var i = part; i < part + 16; i++)
                        *y++ = scale * ((q[i] >> shift & 3) - ((high[i] & bit) != 0 ? 0 : 4));
                }
            }
        }
    }

    /// <summary>Scale and minimum j of eight, 6 bits each, in 12 bytes.</summary>
    static (int Scale, int Least) Packed(byte* x, int j) => j < 4
        ? (x[j] & 63, x[j + 4] & 63)
        : (x[j + 4] & 15 | x[j - 4] >> 6 << 4, x[j + 4] >> 4 | x[j] >> 6 << 4);

    /// <summary>d, m, 8 scales and minima of 6 bits, 256 q of 4 bits: d s q − m n for each 32.</summary>
    static void Q4_K(byte* x, float* y)
    {
        var (d, m) = (Half(x), Half(x + 2));
        var q = x + 16;
        for (var j = 0; j < 8; j++)
        {
            var (s, n) = Packed(x + 4, j);
            var (scale, least, shift) = (d * s, m * n, 4 * (j % 2));
            for (var i = 0; i < 32; i++)
                *y++ = scale * (q[j / 2 * 32 + i] >> shift & 15) - least;
        }
    }

    /// <summary>The same with 256 fifth bits between scales and q.</summary>
    static void Q5_K(byte* x, float* y)
    {
        var (d, m) = (Half(x), Half(x + 2));
        byte* high = x + 16, q = x + 48;
        for (var j = 0; j < 8; j++)
        {
            var (s, n) = Packed(x + 4, j);
            var (scale, least, shift) = (d * s, m * n, 4 * (j % 2));
            for (var i = 0; i < 32; i++)
                *y++ = scale * ((q[j / 2 * 32 + i] >> shift & 15) + (high[i] >> j & 1) * 16) - least;
        }
    }

    /// <summary>256 q of 4 low bits, of 2 high bits, 16 scales of 8 bits, d: d s (q − 32) for each 16.</summary>
    static void Q6_K(byte* x, float* y)
    {
        byte* low = x, high = x + 128;
        var scales = (sbyte*)(x + 192);
        var d = Half(x + 208);
        for (var half = 0; half < Super / 128; half++, low += 64, high += 32, scales += 8, y += 128)
        {
            for (var i = 0; i < 128; i++)
            {
                var q = low[i % 64] >> (i < 64 ? 0 : 4) & 15 | (high[i % 32] >> (i / 32 * 2) & 3) << 4;
                y[i] = d * scales[i / 16] * (q - 32);
            }
        }
    }
}
