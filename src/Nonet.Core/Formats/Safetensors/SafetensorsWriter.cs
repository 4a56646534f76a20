using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Formats.Safetensors;

/// <summary>
/// Collects named tensors and writes them as one safetensors file, in the order of the reference writer: by decreasing element size, then
/// by name. The bytes go directly from the tensors to the file, through <see cref="AtomicFile"/>.
/// </summary>
sealed class SafetensorsWriter
{
    readonly record struct Item(string Name, DType Type, long[] Shape, Action<Stream> Write);

    readonly List<Item> items = [];
    readonly SortedDictionary<string, string> metadata = new(StringComparer.Ordinal) { ["format"] = "pt" };

    /// <summary>Adds a pair to the header's __metadata__. format = pt, which transformers requires, is always present.</summary>
    public SafetensorsWriter Metadata(string key, string value)
    {
        metadata[key] = value;
        return this;
    }

    public SafetensorsWriter Add(string name, Tensor x) =>
        Add(name, x.DType, [.. Enumerable.Range(0, x.Shape.Rank).Select(axis => (long)x.Shape[axis])], stream => WriteElements(stream, x));

    /// <param name="name">Name of the tensor, unique in the file.</param>
    /// <param name="type">Type of its elements.</param>
    /// <param name="shape">Its extents, outermost first.</param>
    /// <param name="write">Writes its elements in row-major order, little-endian.</param>
    internal SafetensorsWriter Add(string name, DType type, long[] shape, Action<Stream> write)
    {
        if (name == "__metadata__" || items.Exists(i => i.Name == name))
            throw new ArgumentException($"tensor name '{name}' is taken", nameof(name));
        items.Add(new Item(name, type, shape, write));
        return this;
    }

    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        var ordered = items.OrderByDescending(i => i.Type.Size()).ThenBy(i => i.Name, StringComparer.Ordinal).ToArray();
        var header = Header(ordered);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var item in ordered)
        {
            var end = stream.Position + Bytes(item);
            item.Write(stream);
            if (stream.Position != end)
                throw new InvalidOperationException($"tensor '{item.Name}' wrote up to byte {stream.Position}; its shape ends at {end}");
        }
    });

    static long Bytes(Item item) => item.Shape.Aggregate((long)item.Type.Size(), (n, extent) => checked(n * extent));

    /// <summary>The JSON header, padded with spaces so that the data starts at a multiple of 8 bytes.</summary>
    byte[] Header(Item[] ordered)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            var offset = 0L;
            foreach (var item in ordered)
            {
                json.WriteStartObject(item.Name);
                json.WriteString("dtype", item.Type.ToString());
                json.WriteStartArray("shape");
                foreach (var extent in item.Shape)
                    json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += Bytes(item));
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    static void WriteElements(Stream stream, Tensor tensor)
    {
        using var scope = new TensorScope();
        var x = tensor.Download();
        switch (x.DType.Size())
        {
            case 8: WriteElements<double>(stream, x.AsSpan<double>()); break;
            case 4: WriteElements<float>(stream, x.AsSpan<float>()); break;
            case 2: WriteElements<ushort>(stream, x.AsSpan<ushort>()); break;
            default: WriteElements<byte>(stream, x.AsSpan<byte>()); break;
        }
    }

    /// <summary>Writes elements in pieces, because a span of bytes is shorter than 2^31.</summary>
    static void WriteElements<T>(Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        const int Piece = 1 << 20;
        for (var i = 0; i < values.Length; i += Piece)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(i, Math.Min(Piece, values.Length - i))));
    }
}
