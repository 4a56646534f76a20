namespace Nonet.ToolUse.Indexing;

/// <summary>Numbers with 7 bits per byte, the low bits first. The top bit is set if another byte follows.</summary>
static class Varint
{
    public static void Write(Stream stream, uint value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }

    public static uint Read(Stream stream)
    {
        var value = 0u;
        for (var shift = 0; ; shift += 7)
        {
            var next = stream.ReadByte();
            if (next < 0 || shift > 28)
                throw new EndOfStreamException("a segment of the index ends within a number");
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }

    /// <summary>Reads a number and advances <paramref name="at"/>. False if the bytes end, or are not a number.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out uint value)
    {
        value = 0;
        for (var shift = 0; shift <= 28 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }
        return false;
    }
}
