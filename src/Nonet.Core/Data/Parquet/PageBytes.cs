using System.Buffers.Binary;

namespace Nonet.Data.Parquet;

/// <summary>Bytes that are read from start to end, never beyond it.</summary>
sealed class PageBytes(byte[] data, int start, int end)
{
    int at = start;

    public PageBytes(byte[] data) : this(data, 0, data.Length) { }

    public bool IsEmpty => at == end;
    public ReadOnlySpan<byte> Span => data.AsSpan(at, end - at);
    public byte this[int index] => data[at + index];

    public PageBytes Take(int count)
    {
        if (count < 0 || count > end - at)
            throw new InvalidDataException($"a value of {count} bytes where {end - at} are left in the page");
        at += count;
        return new PageBytes(data, at - count, at);
    }

    public PageBytes Part(int count) => Take(count);

    public int Integer()
    {
        var bytes = Take(4);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
    }

    public ulong Unsigned()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Take(1)[0];
            value |= (ulong)(b & 127) << shift;
            if (b < 128)
                return value;
        }
        throw new InvalidDataException("a number that is too long");
    }

    public long Signed() => Unsigned() is var n ? (long)(n >> 1) ^ -(long)(n & 1) : 0;

    public int NextByte() => at < end ? data[at++] : 0; // the last group may be cut
}

/// <summary>Numbers of a fixed number of bits, lowest bits first.</summary>
sealed class PageBits(PageBytes bytes, int width)
{
    UInt128 held;
    int count;

    public ulong Next()
    {
        for (; count < width; count += 8)
            held |= (UInt128)bytes.NextByte() << count;
        var value = (ulong)(held & ((UInt128.One << width) - 1));
        held >>= width;
        count -= width;
        return value;
    }
}

/// <summary>Numbers as runs of one value and groups of eight: RLE.</summary>
sealed class RunLengths(PageBytes bytes, int width)
{
    ulong left;
    uint value;
    PageBits? group;

    public uint Next()
    {
        if (left == 0)
            Begin();
        left--;
        return group is null ? value : (uint)group.Next();
    }

    void Begin()
    {
        var head = bytes.Unsigned();
        left = (head & 1) == 0 ? head >> 1 : head >> 1 > (ulong)int.MaxValue / 8 ? 0 : (head >> 1) * 8;
        if (left == 0)
            throw new InvalidDataException("an empty run");
        group = null;
        if ((head & 1) == 1)
        {
            group = new PageBits(bytes.Take((int)Math.Min((ulong)bytes.Span.Length, left / 8 * (ulong)width)), width);
            return;
        }
        value = 0;
        for (var (shift, part) = (0, bytes.Take((width + 7) / 8)); shift < width; shift += 8)
            value |= (uint)part.NextByte() << shift;
    }
}
