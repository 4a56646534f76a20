using System.Buffers.Binary;
using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Memory;

namespace Nonet.Formats.Gguf;

/// <summary>
/// A GGUF file of version 2 or 3, mapped: metadata, then tensors. All claims of the header are checked before they are used, and nothing larger than
/// the header is allocated. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
/// </summary>
public sealed unsafe class GgufFile : ITensorStore
{
    const uint Magic = 0x46554747; // "GGUF"
    readonly HostStorage storage;
    readonly Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);

    GgufFile(string path)
    {
        FilePath = path;
        var file = new MappedFile(path, 24, "a GGUF file");
        var cursor = new GgufCursor(file);
        if (cursor.U32("magic") is var magic && magic != Magic)
            throw new MalformedFileException(path, $"the first bytes {magic:x8}", "GGUF");
        Version = cursor.U32("version");
        if (Version is not (2 or 3))
        {
            throw new MalformedFileException(path, Version is 0x02000000 or 0x03000000 ? "a big-endian file" : $"version {Version}",
                "a little-endian file of version 2 or 3");
        }
        var count = cursor.Count("tensor count", 24);
        var pairs = cursor.Count("metadata count", 13);
        Metadata = GgufMetadata.Read(cursor, pairs);
        var alignment = Metadata.Integer("general.alignment", 32, 1, 1 << 20);
        storage = HostStorage.Borrow(file, file.Pointer, file.Length, file.Read); // keeps the map
        ReadTensors(cursor, count, alignment, file.Length);
    }

    /// <summary>
    /// Maps a file and checks its header. If the model is split into several files, any of them may be given, and the result has the tensors of all.
    /// Throws <see cref="MalformedFileException"/>.
    /// </summary>
    public static GgufFile Open(string path) => new GgufFile(path) is var file && GgufParts.Is(file) ? GgufParts.Join(file) : file;

    /// <summary>One part of a model by itself.</summary>
    internal static GgufFile OpenPart(string path) => new(path);

    /// <summary>Adds the tensors of another part.</summary>
    internal void Add(GgufFile part)
    {
        foreach (var (name, tensor) in part.tensors)
        {
            if (!tensors.TryAdd(name, tensor))
                throw new MalformedFileException(part.FilePath, $"tensor '{name}', which another part also has", "each name once");
        }
    }

    /// <summary>Whether a path has the extension of such a file.</summary>
    public static bool Is(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string FilePath { get; }

    /// <summary>Version of the format: 2 or 3.</summary>
    public uint Version { get; }

    /// <summary>Metadata of the file.</summary>
    public GgufMetadata Metadata { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => tensors;

    void ReadTensors(GgufCursor cursor, long count, long alignment, long length)
    {
        var found = new List<(string Name, long[] Shape, GgufType Type, ulong Offset, long Bytes)>();
        for (var i = 0L; i < count; i++)
        {
            var name = cursor.Text($"name of tensor {i}", 1 << 16);
            var rank = cursor.U32($"axes of tensor '{name}'");
            if (rank > 4)
                throw new MalformedFileException(FilePath, $"tensor '{name}' of {rank} axes", "at most 4");
            var shape = new long[rank];
            var elements = 1L;
            for (var axis = (int)rank - 1; axis >= 0; axis--) // the innermost axis comes first
            {
                var extent = cursor.U64($"extents of tensor '{name}'");
                if (extent > long.MaxValue || extent != 0 && elements > (1L << 56) / (long)extent)
                    throw new MalformedFileException(FilePath, $"tensor '{name}' with an extent of {extent}", "fewer elements than the file has room for");
                shape[axis] = (long)extent;
                elements *= (long)extent;
            }
            var id = cursor.U32($"type of tensor '{name}'");
            var type = GgufType.Find(id)
                ?? throw new MalformedFileException(FilePath, $"tensor '{name}' of {GgufType.Describe(id)}",
                $"one of {string.Join(", ", GgufType.All.Select(t => t.Name))}");
            if (rank > 0 && shape[^1] % type.BlockElements != 0)
                throw new MalformedFileException(FilePath, $"tensor '{name}' with rows of {shape[^1]} elements",
                    $"a multiple of {type.BlockElements}, a block of {type.Name}");
            found.Add((name, shape, type, cursor.U64($"offset of tensor '{name}'"), elements / type.BlockElements * type.BlockBytes));
        }
        var data = (cursor.Position + alignment - 1) / alignment * alignment;
        var end = 0L;
        foreach (var (name, shape, type, offset, bytes) in found.OrderBy(t => t.Offset).ThenBy(t => t.Bytes))
        {
            if (offset > (ulong)length || data + (long)offset > length - bytes)
                throw new MalformedFileException(FilePath, $"tensor '{name}' at bytes {data}+{offset} to +{bytes}",
                    $"all of it within the file's {length} bytes; is the file truncated?");
            if ((long)offset % alignment != 0)
                throw new MalformedFileException(FilePath, $"tensor '{name}' at offset {offset}", $"a multiple of {alignment}");
            if ((long)offset < end)
                throw new MalformedFileException(FilePath, $"tensor '{name}' at offset {offset}, inside the one before it", $"at least {end}");
            end = (long)offset + bytes;
            if (!tensors.TryAdd(name, new Stored(this, name, type, shape, data + (long)offset, bytes)))
                throw new MalformedFileException(FilePath, $"two tensors '{name}'", "each name once");
        }
    }

    sealed class Stored(GgufFile file, string name, GgufType type, long[] shape, long start, long bytes) : StoredTensor(file.FilePath, name, type.Name, shape)
    {
        public override long Bytes => bytes;
        public override DType? DType => type.Plain;

        internal override Tensor Read(long first, Shape shape, HostDevice device)
        {
            if (type.Plain is not { } plain)
                throw new MalformedFileException(FilePath, $"tensor '{Name}' of {Type}", $"{GgufType.Computable}: Nonet cannot compute with other types");
            if (first % type.BlockElements != 0 || shape.Elements % type.BlockElements != 0)
                throw new MalformedFileException(FilePath, $"tensor '{Name}' of {Type}", $"parts that are whole blocks of {type.BlockElements}");
            if (shape.Last % type.BlockElements != 0)
                throw new MalformedFileException(FilePath, $"tensor '{Name}' of {Type} as {shape}", $"rows of a multiple of {type.BlockElements}");
            var borrowed = device.Borrow(file.storage, plain, shape, start + plain.Bytes(first));
            if (plain.IsQuantized() || start % plain.Size() == 0)
                return borrowed;
            var copy = device.Empty(shape, plain);
            device.Copy(borrowed, copy);
            return copy;
        }
    }
}

/// <summary>Reads a mapped header field by field. An error names the field that extends beyond the file.</summary>
sealed class GgufCursor(MappedFile file)
{
    public string FilePath => file.FilePath;
    public long Position { get; private set; }
    public long Left => file.Length - Position;

    public ReadOnlySpan<byte> Take(string field, long bytes)
    {
        if (bytes > Left || bytes > int.MaxValue)
            throw new MalformedFileException(file.FilePath, $"{field} of {bytes} bytes at byte {Position} of {file.Length}",
                "all of it within the file; is it truncated?");
        var taken = file.Slice(Position, (int)bytes);
        Position += bytes;
        return taken;
    }

    public uint U32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Take(field, 4));
    public ulong U64(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Take(field, 8));

    /// <summary>A count of items that take at least the given number of bytes each.</summary>
    public long Count(string field, int least)
    {
        var count = U64(field);
        return count <= (ulong)(Left / least) ? (long)count
            : throw new MalformedFileException(file.FilePath, $"a {field} of {count}", $"at most {Left / least} in the {Left} bytes that are left");
    }

    /// <summary>A length, followed by that many bytes of UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes(string field, long most = int.MaxValue)
    {
        var length = U64(field);
        return length <= (ulong)Math.Min(most, Left) ? Take(field, (long)length)
            : throw new MalformedFileException(file.FilePath, $"{field} of {length} bytes at byte {Position} of {file.Length}",
                $"at most {Math.Min(most, Left)}");
    }

    public string Text(string field, long most = int.MaxValue) => System.Text.Encoding.UTF8.GetString(Bytes(field, most));

    public void Seek(long position) => Position = position;
    public GgufCursor At(long position) => new(file) { Position = position };
}
