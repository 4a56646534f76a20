using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Nonet.Files;

namespace Nonet.Formats.PyTorch;

/// <summary>
/// Format of torch.save from version 0.1.10 to 1.5, and on request later. It begins with pickles: a magic number, a version, a description
/// of the machine, the object and the keys of its storages. Then each key has a 64-bit count and that many unaligned elements. Earlier
/// versions wrote a tar archive.
/// </summary>
static class TorchStream
{
    static readonly BigInteger magic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    const long Version = 1001;
    const int Tar = 257; // position of the archive's signature

    public static bool Is(MappedFile file) => file.Slice(0, 1)[0] == 0x80;
    public static bool IsTar(MappedFile file) => file.Length >= Tar + 5 && file.Slice(Tar, 5).SequenceEqual("ustar"u8);

    /// <summary>Reads the saved object.</summary>
    public static object? Read(MappedFile file)
    {
        var path = file.FilePath;
        var places = new Dictionary<string, StoragePlace>(StringComparer.Ordinal);
        var pickle = new TensorPickle(path, Find);
        var at = 0L;
        if (Next() is not BigInteger number || number != magic)
            throw new MalformedFileException(path, "a pickle without torch's magic number", "a file of torch.save");
        if (Next() is var version && version is not Version)
            throw new MalformedFileException(path, $"version {Pickle.Describe(version)} of its stream", $"{Version}");
        if (Next() is not PickleDictionary machine)
            throw new MalformedFileException(path, "no description of the machine that wrote it", "a dictionary");
        if (machine.Items.Exists(i => i is { Key: "little_endian", Value: not true }))
            throw new MalformedFileException(path, "a byte order other than little", "little");
        var top = Next();
        if (Next() is not List<object?> keys)
            throw new MalformedFileException(path, "no list of storages after its object", "one");
        foreach (var name in keys)
        {
            if (name is not string key || !places.Remove(key, out var place))
                throw new MalformedFileException(path, $"the storage {Pickle.Describe(name)} in its list", "one that a tensor uses, each once");
            var count = file.Length - at >= 8 ? BinaryPrimitives.ReadInt64LittleEndian(file.Slice(at, 8)) : throw Beyond(key, 8);
            if (count != place.Count)
                throw new MalformedFileException(path, $"{count} elements in storage '{key}'", $"{place.Count} elements of {place.Type.Name}");
            place.Start = at + 8;
            if (count > (file.Length - place.Start) / place.Type.Size)
                throw Beyond(key, (Int128)count * place.Type.Size);
            at = place.Start + count * place.Type.Size;
        }
        if (places.Count > 0)
            throw new MalformedFileException(path, $"no storage '{places.Keys.First()}'", "the storage of a tensor");
        return top;

        object? Next()
        {
            var value = pickle.Read(file.Slice(at, (int)Math.Min(file.Length - at, 1 << 30)), out var bytes);
            at += bytes;
            return value;
        }

        StoragePlace Find(string key, StorageType type, long count)
        {
            if (!places.TryGetValue(key, out var place))
                places.Add(key,
                    place = new StoragePlace(type,
                    count >= 0 ? count : throw new MalformedFileException(path, $"a storage '{key}' of {count} elements", "at least 0")));
            return place.Type == type && place.Count == count ? place
                : throw new MalformedFileException(path, $"storage '{key}' as {count} elements of {type.Name} and as {place.Count} of {place.Type.Name}",
                    "one of both");
        }

        MalformedFileException Beyond(string key, Int128 bytes) =>
            new(path, $"storage '{key}' of {bytes} bytes at byte {at} of {file.Length}", "all of it within the file; is it truncated?");
    }
}
