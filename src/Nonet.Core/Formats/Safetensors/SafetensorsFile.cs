using System.Buffers.Binary;
using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Memory;

namespace Nonet.Formats.Safetensors;

/// <summary>
/// A safetensors file, mapped: 8 bytes with the little-endian header length, a JSON header, and the tensors. Every claim of the header is
/// checked before it is used. Format: https://github.com/huggingface/safetensors.
/// </summary>
public sealed unsafe class SafetensorsFile : ITensorStore
{
    readonly HostStorage storage;
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
        storage = HostStorage.Borrow(file, file.Pointer, file.Length); // keeps the map open
        Tensors = entries.ToDictionary(e => e.Key, StoredTensor (e) => new Stored(this, e.Value), StringComparer.Ordinal);
    }

    /// <summary>Maps a file and checks its header. Throws <see cref="MalformedFileException"/>.</summary>
    public static SafetensorsFile Open(string path) => new(path);

    /// <inheritdoc/>
    public string FilePath { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Positions of the tensors in the file, by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => entries;

    /// <summary>Strings of __metadata__, for example format = pt.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>
    /// A tensor over the mapped file. Its bytes are copied only if the file does not align them to its elements. The map stays open as long
    /// as the tensor lives. Throws if the file has no such tensor, or if <see cref="Tensor"/> does not support its dtype or rank.
    /// </summary>
    public Tensor Read(string name, Device device) => Tensors.TryGetValue(name, out var tensor) ? tensor.Read(device)
        : throw new MalformedFileException(FilePath, $"no tensor '{name}'", $"one of the {entries.Count} tensors of the file");

    sealed class Stored(SafetensorsFile file, SafetensorsEntry entry) : StoredTensor(file.FilePath, entry.Name, entry.DType, entry.Shape)
    {
        public override long Bytes => entry.Bytes;

        public override DType? DType => entry.DType switch
        {
            "F32" => Nonet.Tensors.DType.F32,
            "F64" => Nonet.Tensors.DType.F64,
            "BF16" => Nonet.Tensors.DType.BF16,
            "F16" => Nonet.Tensors.DType.F16,
            "I32" => Nonet.Tensors.DType.I32,
            "I8" => Nonet.Tensors.DType.I8,
            "U8" or "BOOL" => Nonet.Tensors.DType.U8,
            _ => null,
        };

        internal override Tensor Read(long first, Shape shape, HostDevice device)
        {
            var type = DType ?? throw new MalformedFileException(FilePath, $"tensor '{Name}' of {Type}",
                "F32, BF16, F16, F64, I32, I8, U8 or BOOL: other types are not supported");
            var borrowed = device.Borrow(file.storage, type, shape, entry.Start + first * type.Size());
            if (entry.Start % type.Size() == 0)
                return borrowed;
            var copy = device.Empty(shape, type);
            device.Copy(borrowed, copy);
            return copy;
        }
    }
}
