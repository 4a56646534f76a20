using System.Globalization;

namespace Nonet.Fuzz.Making;

/// <summary>A GGUF file in parts that can be written wrong.</summary>
sealed class GgufContent
{
    const uint TextType = 8, ArrayType = 9;

    /// <summary>
    /// A value: its type, its bytes as they are written (for an array, those after the type and the count of elements), and of an array those two.
    /// </summary>
    sealed record Value(uint Type, byte[] Content, uint ElementType = 0, ulong Count = 0);

    sealed record Info(byte[] Name, ulong[] Extents, uint Type, ulong Offset);

    List<(byte[] Key, Value Value)> metadata = [];
    List<Info> tensors = [];
    byte[] data = [];
    (uint Version, long ExtraTensors, long ExtraPairs) header = (3, 0, 0);

    public static GgufContent Parse(byte[] file)
    {
        var reader = new BinaryReader(new MemoryStream(file));
        reader.ReadUInt32();
        var version = reader.ReadUInt32();
        var (count, pairs) = (reader.ReadUInt64(), reader.ReadUInt64());
        var parts = new GgufContent { header = (version, 0, 0) };
        for (var i = 0UL; i < pairs; i++)
            parts.metadata.Add((Text(reader), ReadValue(reader)));
        for (var i = 0UL; i < count; i++)
        {
            var name = Text(reader);
            var extents = new ulong[reader.ReadUInt32()];
            for (var e = 0; e < extents.Length; e++)
                extents[e] = reader.ReadUInt64();
            parts.tensors.Add(new Info(name, extents, reader.ReadUInt32(), reader.ReadUInt64()));
        }
        parts.data = file[(int)((reader.BaseStream.Position + 31) / 32 * 32)..];
        return parts;
    }

    public void Damage(Dice dice)
    {
        var (m, t) = (dice.Below(metadata.Count), dice.Below(tensors.Count));
        var ((key, value), tensor) = (metadata[m], tensors[t]);
        switch (dice.Below(18))
        {
            case 0: metadata.RemoveAt(m); break;
            case 1: metadata.InsertRange(m, Enumerable.Repeat(metadata[m], dice.Of(1, 1, 500))); break;
            case 2: metadata[m] = (metadata[dice.Below(metadata.Count)].Key, value); break;
            case 3: metadata[m] = (key, metadata[dice.Below(metadata.Count)].Value); break;
            case 4: metadata[m] = (key, value with { Type = (uint)dice.Below(15) }); break;
            case 5: metadata[m] = (key, Number(dice)); break;
            case 6: metadata[m] = (key, new Value(TextType, LengthAndBytes(SoundModels.Utf8(dice.Text())))); break;
            case 7:
                metadata[m] = (key, value with { Count = (ulong)dice.Number(), ElementType = dice.OneIn(2) ? value.ElementType : (uint)dice.Below(15) });
                break;
            case 8: metadata[m] = (key, Nested(dice.Of(2, 60, 5000))); break;
            case 9: metadata[m] = (SoundModels.Utf8(dice.Text()), value); break;
            case 10: tensors[t] = tensor with { Offset = dice.OneIn(2) ? tensors[dice.Below(tensors.Count)].Offset : (ulong)dice.Number() }; break;
            case 11: tensors[t] = tensor with { Extents = [.. tensor.Extents.Select(e => dice.OneIn(2) ? e : (ulong)dice.Number())] }; break;
            case 12: tensors[t] = tensor with { Extents = [.. Enumerable.Repeat(1UL, dice.Of(0, 3, 4, 5, 9, 1000)), .. tensor.Extents] }; break;
            case 13: tensors[t] = tensor with { Type = (uint)dice.Of(dice.Below(40), (int)dice.Number()) }; break;
            case 14: tensors[t] = tensor with { Name = dice.OneIn(2) ? tensors[dice.Below(tensors.Count)].Name : SoundModels.Utf8(dice.Text()) }; break;
            case 15: tensors.RemoveAt(t); tensors.Add(tensor); break;
            case 16: header = (dice.OneIn(2) ? (uint)dice.Number() : 3, dice.Of(0, dice.Number()), dice.Of(0, dice.Number())); break;
            default: data = data[..dice.Below(data.Length + 1)]; break;
        }
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(header.Version);
        writer.Write((ulong)(tensors.Count + header.ExtraTensors));
        writer.Write((ulong)(metadata.Count + header.ExtraPairs));
        foreach (var (key, value) in metadata)
        {
            writer.Write(LengthAndBytes(key));
            writer.Write(value.Type);
            if (value.Type == ArrayType)
            {
                writer.Write(value.ElementType);
                writer.Write(value.Count);
            }
            writer.Write(value.Content);
        }
        foreach (var tensor in tensors)
        {
            writer.Write(LengthAndBytes(tensor.Name));
            writer.Write((uint)tensor.Extents.Length);
            foreach (var extent in tensor.Extents)
                writer.Write(extent);
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset);
        }
        writer.Write(new byte[(32 - stream.Position % 32) % 32]);
        writer.Write(data);
        return stream.ToArray();
    }

    static Value Number(Dice dice)
    {
        var n = dice.Number();
        return dice.Below(6) switch
        {
            0 => new Value(4, BitConverter.GetBytes((uint)n)),
            1 => new Value(5, BitConverter.GetBytes((int)n)),
            2 => new Value(10, BitConverter.GetBytes((ulong)n)),
            3 => new Value(11, BitConverter.GetBytes(n)),
            4 => new Value(6, BitConverter.GetBytes(dice.Of(float.NaN, float.PositiveInfinity, 0f, -1f, 1e30f))),
            _ => new Value(7, [(byte)n]),
        };
    }

    /// <summary>An array of an array of an array of bytes.</summary>
    static Value Nested(int depth)
    {
        using var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        for (var i = 1; i < depth; i++)
        {
            writer.Write(i + 1 < depth ? ArrayType : 0);
            writer.Write(1UL);
        }
        writer.Write((byte)1);
        return new Value(ArrayType, stream.ToArray(), ArrayType, 1);
    }

    static byte[] Text(BinaryReader reader) => reader.ReadBytes((int)reader.ReadUInt64());

    static byte[] LengthAndBytes(byte[] text) => [.. BitConverter.GetBytes((ulong)text.Length), .. text];

    static Value ReadValue(BinaryReader reader)
    {
        var type = reader.ReadUInt32();
        if (type != ArrayType)
            return new Value(type, Plain(reader, type));
        var (element, count) = (reader.ReadUInt32(), reader.ReadUInt64());
        using var content = new MemoryStream();
        for (var i = 0UL; i < count; i++)
            content.Write(Plain(reader, element));
        return new Value(type, content.ToArray(), element, count);
    }

    static byte[] Plain(BinaryReader reader, uint type) => type switch
    {
        TextType => LengthAndBytes(Text(reader)),
        0 or 1 or 7 => reader.ReadBytes(1),
        2 or 3 => reader.ReadBytes(2),
        4 or 5 or 6 => reader.ReadBytes(4),
        10 or 11 or 12 => reader.ReadBytes(8),
        _ => throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"type {type} in a sound file")),
    };
}
