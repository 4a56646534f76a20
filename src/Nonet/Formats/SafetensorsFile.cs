using System.Buffers.Binary;
using Nonet.Tensors;
using Nonet.Tensors.Memory;

namespace Nonet.Formats;

/// <summary>
/// A safetensors file, mapped: 8 bytes little-endian header length, JSON header, tensors. Everything the header claims is checked
/// before any of it is believed. Format: https://github.com/huggingface/safetensors.
/// </summary>
public sealed unsafe class SafetensorsFile
{
    readonly Storage storage;
    readonly Dictionary<string, SafetensorsEntry> entries;
    readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    SafetensorsFile(string path)
    {
        FilePath = path;
        var file = new MappedFile(path, 8, "a safetensors file");
        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, 8));
        if (headerBytes is < 2 or > SafetensorsHeader.MaxBytes || headerBytes > (ulong)(file.Length - 8))
        {
            throw new MalformedFileException(path, $"a header length of {headerBytes} bytes in a file of {file.Length}",
                $"2 to {Math.Max(2, Math.Min(SafetensorsHeader.MaxBytes, file.Length - 8))}; is the file truncated, or not safetensors?");
        }
        entries = SafetensorsHeader.Read(path, file.Slice(8, (int)headerBytes), 8 + (long)headerBytes, file.Length, metadata);
        storage = Storage.Borrow(file, file.Pointer, file.Length); // keeps the map
    }

    /// <summary>Maps a file and checks its header. Throws <see cref="MalformedFileException"/>.</summary>
    public static SafetensorsFile Open(string path) => new(path);

    public string FilePath { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => entries;

    /// <summary>The strings of __metadata__, e.g. format = pt.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>
    /// A tensor over the file's map: nothing is copied, and the map stays as long as the tensor does. (Where the file puts it off its
    /// element's alignment, it is copied.) Throws where there is none, or one of a dtype or rank that no <see cref="Tensor"/> has.
    /// </summary>
    public Tensor Read(string name, Device device)
    {
        if (!entries.TryGetValue(name, out var entry))
            throw new MalformedFileException(FilePath, $"no tensor '{name}'", $"it among the {entries.Count} tensors");
        return Read(entry, 0, ShapeOf(entry), device);
    }

    /// <summary>A tensor of another shape over a part of an entry, from its element <paramref name="start"/> on.</summary>
    internal Tensor Read(SafetensorsEntry entry, long start, Shape shape, Device device)
    {
        var type = TypeOf(entry);
        var borrowed = device.Borrow(storage, type, shape, entry.Start + start * type.Size());
        if (entry.Start % type.Size() == 0)
            return borrowed;
        var copy = device.Empty(shape, type);
        device.Copy(borrowed, copy);
        return copy;
    }

    internal DType TypeOf(SafetensorsEntry entry) => entry.DType switch
    {
        "F32" => DType.F32,
        "F64" => DType.F64,
        "BF16" => DType.BF16,
        "F16" => DType.F16,
        "I32" => DType.I32,
        "I8" => DType.I8,
        "U8" or "BOOL" => DType.U8,
        _ => throw new MalformedFileException(FilePath, $"tensor '{entry.Name}' of {entry.DType}", "F32, BF16, F16, F64, I32, I8, U8 or BOOL: the others cannot be computed with"),
    };

    internal Shape ShapeOf(SafetensorsEntry entry)
    {
        if (entry.Shape.Count > Shape.MaxRank || entry.Shape.Any(e => e > int.MaxValue))
            throw new MalformedFileException(FilePath, $"tensor '{entry.Name}' of shape [{string.Join(", ", entry.Shape)}]", $"at most {Shape.MaxRank} axes below 2^31");
        return new Shape([.. entry.Shape.Select(e => (int)e)]);
    }
}
