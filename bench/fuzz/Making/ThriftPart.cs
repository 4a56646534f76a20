using System.Buffers.Binary;

namespace Nonet.Fuzz.Making;

/// <summary>A value of Thrift's compact protocol, which Parquet writes its footers and page headers in, that can be written wrong.</summary>
sealed class ThriftPart
{
    const int True = 1, False = 2, Byte = 3, Double = 7, Binary = 8, List = 9, Set = 10, Struct = 12;

    int type;
    long number;
    byte[] content = [];
    List<(long Id, ThriftPart Value)> items = [];
    (int Type, long More) elements;

    /// <summary>A struct at the start of some bytes.</summary>
    /// <param name="bytes">May go on behind it.</param>
    /// <param name="at">Bytes that it takes.</param>
    public static ThriftPart ParseStruct(ReadOnlySpan<byte> bytes, ref int at)
    {
        var part = new ThriftPart { type = Struct };
        for (var id = 0L; ;)
        {
            var header = bytes[at++];
            if (header == 0)
                return part;
            id = header >> 4 is > 0 and var delta ? id + delta : Zigzag(Varint(bytes, ref at));
            part.items.Add((id, Parse(bytes, ref at, header & 15)));
        }
    }

    static ThriftPart Parse(ReadOnlySpan<byte> bytes, ref int at, int type)
    {
        switch (type)
        {
            case True or False:
                return new ThriftPart { type = type };
            case Byte:
                return new ThriftPart { type = type, number = (sbyte)bytes[at++] };
            case Double:
                at += 8;
                return new ThriftPart { type = type, number = BinaryPrimitives.ReadInt64LittleEndian(bytes[(at - 8)..]) };
            case Binary:
                var length = (int)Varint(bytes, ref at);
                at += length;
                return new ThriftPart { type = type, content = bytes.Slice(at - length, length).ToArray() };
            case List or Set:
                var header = bytes[at++];
                var count = header >> 4 is < 15 and var few ? few : (long)Varint(bytes, ref at);
                var list = new ThriftPart { type = type, elements = (header & 15, 0) };
                for (var i = 0L; i < count; i++)
                    list.items.Add((i, Parse(bytes, ref at, header & 15)));
                return list;
            case Struct:
                return ParseStruct(bytes, ref at);
            default:
                return new ThriftPart { type = type, number = Zigzag(Varint(bytes, ref at)) };
        }
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        Write(stream, inList: false);
        return stream.ToArray();
    }

    void Write(Stream stream, bool inList)
    {
        switch (type)
        {
            case True or False when inList: stream.WriteByte((byte)type); break;
            case True or False: break;
            case Byte: stream.WriteByte((byte)number); break;
            case Double: stream.Write(BitConverter.GetBytes(number)); break;
            case Binary:
                WriteVarint(stream, (ulong)(content.Length + elements.More));
                stream.Write(content);
                break;
            case List or Set:
                stream.WriteByte((byte)(0xf0 | elements.Type));
                WriteVarint(stream, (ulong)(items.Count + elements.More));
                foreach (var (_, value) in items)
                    value.Write(stream, inList: true);
                break;
            case Struct:
                foreach (var (id, value) in items)
                {
                    stream.WriteByte((byte)value.type);
                    WriteVarint(stream, (ulong)(id << 1 ^ id >> 63));
                    value.Write(stream, inList: false);
                }
                stream.WriteByte(0);
                break;
            default: WriteVarint(stream, (ulong)(number << 1 ^ number >> 63)); break;
        }
    }

    public void Damage(Dice dice)
    {
        ThriftPart[] all = [.. All()];
        var part = all[dice.Below(all.Length)];
        var parents = Array.FindAll(all, p => p.items.Count > 0);
        var parent = parents[dice.Below(parents.Length)];
        var at = dice.Below(parent.items.Count);
        switch (dice.Below(10))
        {
            case 0: parent.items.RemoveAt(at); break;
            case 1: parent.items.InsertRange(at, Enumerable.Repeat(parent.items[at], dice.Of(1, 1, 500))); break;
            case 2: parent.items[at] = (parent.items[at].Id, all[dice.Below(all.Length)].Copy()); break;
            case 3: parent.items[at] = (dice.Of(dice.Below(20), dice.Number()), parent.items[at].Value); break;
            case 4: part.elements = (part.elements.Type, dice.Number()); break;
            case 5: part.elements = (dice.Below(16), part.elements.More); break;
            case 6: part.content = SoundModels.Utf8(dice.Text()); break;
            default:
                var numbers = Array.FindAll(all, p => p.type is > Byte and < Double);
                if (numbers.Length > 0)
                    numbers[dice.Below(numbers.Length)].number = dice.OneIn(2) ? dice.Number() : dice.Below(40);
                break;
        }
    }

    IEnumerable<ThriftPart> All() => items.SelectMany(i => i.Value.All()).Prepend(this);

    ThriftPart Copy() => new() { type = type, number = number, content = content, elements = elements, items = [.. items.Select(i => (i.Id, i.Value.Copy()))] };

    static long Zigzag(ulong n) => (long)(n >> 1) ^ -(long)(n & 1);

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

    static void WriteVarint(Stream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
