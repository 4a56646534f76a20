using System.Runtime.CompilerServices;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>Words of 4-bit integers. 16 bytes hold 32 elements: the first half in the low bits, the second half in the high bits.</summary>
static unsafe class Nibbles
{
    /// <summary>Copies the words of a block to their places in a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take(byte* from, int count, uint* words, int stride)
    {
        for (var i = 0; i < count; i++)
            words[i * stride] = ((uint*)from)[i];
    }

    /// <summary>Four neighbours of every row: group t of eight, from four words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V>
    {
        var w = V.Load(words + t % 4 * 4 * V.Rows);
        return (t < 4 ? w : w >>> 4) & V.SplatByte(15);
    }

    /// <summary>Packs 32 integers below 16 into 16 bytes.</summary>
    public static void Write(ReadOnlySpan<int> q, byte* to)
    {
        for (var i = 0; i < 16; i++)
            to[i] = (byte)(q[i] & 15 | (q[i + 16] & 15) << 4);
    }
}

/// <summary>
/// Words of the fifth bits of 32 elements. Bit i of a block becomes bit i / 4 of byte i mod 4, so that each shift yields the bits of four neighbours.
/// </summary>
static unsafe class FifthBits
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Take(uint bits)
    {
        var word = 0u;
        for (var t = 0; t < 8; t++)
        {
            var four = bits >> 4 * t & 15;
            word |= (four & 1 | (four & 2) << 7 | (four & 4) << 14 | (four & 8) << 21) << t;
        }
        return word;
    }

    /// <summary>Four neighbours of every row: group t of eight, from four words of nibbles and one of fifth bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Four<V>(byte* words, int t) where V : struct, IIntLanes<V>
    {
        var high = V.Load(words + 16 * V.Rows);
        return Nibbles.Four<V>(words, t) | (t < 4 ? high << 4 - t : high >>> t - 4) & V.SplatByte(16);
    }
}
