using Nonet.Files;

namespace Nonet.Formats.PyTorch;

/// <summary>Format of torch.save from version 1.6 on: a zip archive with one pickle and an entry for each storage, all uncompressed.</summary>
static class TorchArchive
{
    public static bool Is(MappedFile file) => file.Slice(0, 4) is [0x50, 0x4b, 3, 4];

    /// <summary>Reads the saved object.</summary>
    public static object? Read(MappedFile file)
    {
        var path = file.FilePath;
        var entries = ZipDirectory.Read(file);
        var pickle = entries.Keys.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).ToArray();
        if (pickle.Length != 1)
            throw new MalformedFileException(path, $"{pickle.Length} entries data.pkl", "one, as torch.save writes");
        var root = pickle[0][..^"data.pkl".Length];
        if (entries.TryGetValue(root + "byteorder", out var order) && !file.Slice(order.Start, (int)Math.Min(order.Bytes, 16)).SequenceEqual("little"u8))
            throw new MalformedFileException(path, "a byte order other than little", "little");
        var entry = entries[pickle[0]];
        if (entry.Bytes > 1 << 30)
            throw new MalformedFileException(path, $"a pickle of {entry.Bytes} bytes", "at most 1 GB");
        return new TensorPickle(path, Find).Read(file.Slice(entry.Start, (int)entry.Bytes), out _);

        StoragePlace Find(string key, StorageType type, long count)
        {
            if (!entries.TryGetValue($"{root}data/{key}", out var data))
                throw new MalformedFileException(path, $"no entry '{root}data/{key}'", "the storage of a tensor");
            if (count < 0 || data.Bytes / type.Size != count || data.Bytes % type.Size != 0)
                throw new MalformedFileException(path, $"{data.Bytes} bytes in '{data.Name}'", $"{count} elements of {type.Name}");
            return new StoragePlace(type, count) { Start = data.Start };
        }
    }
}
