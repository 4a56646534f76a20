using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Memory;

namespace Nonet.Formats.PyTorch;

/// <summary>
/// Tensors of a state dict written by torch.save (version 0.1.10 or later), mapped. The reader of its pickle runs no code: it refuses all
/// names except those of tensors and containers.
/// </summary>
sealed class PyTorchFile : ITensorStore
{
    /// <summary>Keys under which programs store the state dict next to other data.</summary>
    static readonly string[] wrappers = ["state_dict", "model_state_dict", "model", "module"];

    readonly HostStorage storage;
    readonly Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);

    unsafe PyTorchFile(string path)
    {
        FilePath = path;
        var file = new MappedFile(path, 22, "a file of torch.save");
        storage = HostStorage.Borrow(file, file.Pointer, file.Length); // keeps the map open
        Collect(TorchArchive.Is(file) ? TorchArchive.Read(file)
            : TorchStream.Is(file) ? TorchStream.Read(file)
            : throw (TorchStream.IsTar(file)
                ? new NotSupportedException(
                    $"{path}: found a file of torch.save before version 0.1.10, a tar archive; load and save it again with a newer torch, or convert it to "
                    + $"safetensors")
                : new MalformedFileException(path, "neither a zip archive nor a pickle", "a file of torch.save")));
    }

    /// <summary>Maps a file and reads its pickle. Throws <see cref="MalformedFileException"/>.</summary>
    public static PyTorchFile Open(string path) => new(path);

    public string FilePath { get; }
    public IReadOnlyDictionary<string, StoredTensor> Tensors => tensors;

    void Collect(object? top)
    {
        var items = (top as PickleDictionary)?.Items
            ?? throw new MalformedFileException(FilePath, $"{Pickle.Describe(top)} in its pickle", "a dictionary of tensors");
        if (!items.Exists(i => i.Value is StorageView))
        {
            var inner = wrappers.Select(w => items.Find(i => i.Key is string key && key == w).Value).OfType<PickleDictionary>().FirstOrDefault();
            items = inner?.Items ?? throw new MalformedFileException(FilePath, "a dictionary without tensors", "a state dict");
        }
        foreach (var (key, value) in items)
        {
            if (value is not StorageView view)
                continue;
            var name = key as string ?? throw new MalformedFileException(FilePath, $"a tensor under the key {Pickle.Describe(key)}", "a name");
            if (!tensors.TryAdd(name, new Stored(this, name, view)))
                throw new MalformedFileException(FilePath, $"two tensors '{name}'", "each name once");
        }
    }

    sealed class Stored(PyTorchFile file, string name, StorageView view) : StoredTensor(file.FilePath, name, view.Type.Name, view.Shape)
    {
        public override DType? DType => view.Type.DType;
        public override long Bytes => view.Shape.Aggregate(1L, (n, e) => n * e) * view.Type.Size;

        internal override Tensor Read(long first, Shape shape, HostDevice device)
        {
            var type = DType ?? throw new MalformedFileException(FilePath, $"tensor '{Name}' of {Type}",
                "F32, BF16, F16, F64, I32, I8, U8 or BOOL: other types are not supported");
            var (start, size) = (view.Place.Start, view.Type.Size);
            if (view.IsContiguous)
            {
                var borrowed = device.Borrow(file.storage, type, shape, start + (view.Offset + first) * size);
                if (start % size == 0)
                    return borrowed;
                var copy = device.Empty(shape, type);
                device.Copy(borrowed, copy);
                return copy;
            }
            var whole = device.Borrow(file.storage, type, new Shape(checked((int)(1 + view.PlaceOf(Bytes / size - 1)))), start);
            var values = device.Empty(shape, type);
            for (var i = 0L; i < shape.Elements; i++)
                values.SetValue(i, whole.Value(view.PlaceOf(first + i)));
            return values;
        }
    }
}
