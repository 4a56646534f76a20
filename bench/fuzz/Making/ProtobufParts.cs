namespace Nonet.Fuzz.Making;

/// <summary>A message of protocol buffers, its fields in order, that can be written wrong.</summary>
sealed class ProtobufParts
{
    sealed record Field(ulong Number, int Wire, ulong Value, byte[] Content, ProtobufParts? Message);

    readonly List<Field> fields = [];

    /// <param name="bytes">A sound message.</param>
    /// <param name="messages">Which fields are messages themselves.</param>
    public static ProtobufParts Parse(ReadOnlySpan<byte> bytes, params ulong[] messages)
    {
        var parts = new ProtobufParts();
        for (var at = 0; at < bytes.Length;)
        {
            var tag = Varint(bytes, ref at);
            var (number, wire) = (tag >> 3, (int)(tag & 7));
            var (value, content) = (0UL, Array.Empty<byte>());
            if (wire == 0)
                value = Varint(bytes, ref at);
            else
            {
                var length = wire == 2 ? (int)Varint(bytes, ref at) : wire == 5 ? 4 : 8;
                content = bytes.Slice(at, length).ToArray();
                at += length;
            }
            parts.fields.Add(new Field(number, wire, value, content, wire == 2 && messages.Contains(number) ? Parse(content) : null));
        }
        return parts;
    }

    public void Damage(Dice dice)
    {
        if (fields.Count == 0)
            return;
        var at = dice.OneIn(3) ? fields.Count - 1 - dice.Below(Math.Min(3, fields.Count)) : dice.Below(fields.Count);
        var field = fields[at];
        if (field.Message is { } inner && !dice.OneIn(4))
        {
            inner.Damage(dice);
            return;
        }
        switch (dice.Below(10))
        {
            case 0: fields.RemoveAt(at); break;
            case 1: fields.InsertRange(at, Enumerable.Repeat(field, dice.Of(1, 1, 2000))); break;
            case 2: (fields[at], fields[dice.Below(fields.Count)]) = (fields[dice.Below(fields.Count)], field); break;
            case 3: fields[at] = field with { Number = (ulong)dice.Of(0, 1, 2, 3, 5, dice.Number()) }; break;
            case 4: fields[at] = field with { Wire = dice.Below(8) }; break;
            case 5 when field.Wire == 0: fields[at] = field with { Value = (ulong)dice.Number() }; break;
            case 6 when field.Wire == 5:
                fields[at] =
                field with { Content = BitConverter.GetBytes(dice.Of(float.NaN, float.NegativeInfinity, float.MaxValue, -1e30f, 0f)) }; break;
            case 7: fields[at] = field with { Message = null, Content = SoundModels.Utf8(dice.Text()) }; break;
            case 8: fields[at] = field with { Message = null, Content = dice.Bytes(dice.Of(0, 3, 8, 300)) }; break;
            default:
                fields[at] =
                field with
                {
                    Value = (ulong)dice.Below(8),
                    Content = field.Content.Length > 0 ? ByteDamage.Of([.. field.Content, .. new byte[17]], dice) : [1]
                }; break;
        }
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        foreach (var field in fields)
        {
            Write(stream, field.Number << 3 | (uint)field.Wire);
            if (field.Wire == 0)
                Write(stream, field.Value);
            else
            {
                var content = field.Message?.ToBytes() ?? field.Content;
                if (field.Wire == 2)
                    Write(stream, (ulong)content.Length);
                stream.Write(content);
            }
        }
        return stream.ToArray();
    }

    static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            value |= (ulong)(bytes[at] & 0x7f) << shift;
            if (bytes[at++] < 0x80)
                return value;
        }
    }

    static void Write(Stream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
