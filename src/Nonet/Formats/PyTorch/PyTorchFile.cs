using Nonet.Tensors;
using Nonet.Tensors.Memory;

namespace Nonet.Formats.PyTorch;

/// <summary>
/// The tensors of a state dict that torch.save wrote (version 1.6 or later), mapped. Its pickle is read by a reader that runs no code: names other than those of
/// tensors and containers are refused.
/// </summary>
public sealed unsafe class PyTorchFile : ITensorStore
{
    static readonly Dictionary<string, (string Type, int Size, DType? DType)> storages = new(StringComparer.Ordinal)
    {
        ["FloatStorage"] = ("F32", 4, DType.F32),
        ["HalfStorage"] = ("F16", 2, DType.F16),
        ["BFloat16Storage"] = ("BF16", 2, DType.BF16),
        ["DoubleStorage"] = ("F64", 8, DType.F64),
        ["LongStorage"] = ("I64", 8, null),
        ["IntStorage"] = ("I32", 4, DType.I32),
        ["ShortStorage"] = ("I16", 2, null),
        ["CharStorage"] = ("I8", 1, DType.I8),
        ["ByteStorage"] = ("U8", 1, DType.U8),
        ["BoolStorage"] = ("BOOL", 1, DType.U8),
    };

    /// <summary>Keys under which programs put the state dict beside other things.</summary>
    static readonly string[] wrappers = ["state_dict", "model_state_dict", "model", "module"];

    readonly Storage storage;
    readonly Dictionary<string, ZipDirectory.Entry> entries;
    readonly string root;
    readonly Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);

    PyTorchFile(string path)
    {
        FilePath = path;
        var file = new MappedFile(path, 22, "a file of torch.save");
        if (file.Slice(0, 4) is not [0x50, 0x4b, 3, 4])
        {
            throw file.Slice(0, 1)[0] == 0x80
                ? new NotSupportedException($"{path}: found a file of torch.save before version 1.6; load and save it again with a newer torch, or convert it to safetensors")
                : new MalformedFileException(path, "no zip archive", "a file of torch.save");
        }
        entries = ZipDirectory.Read(file);
        var pickle = entries.Keys.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).ToArray();
        if (pickle.Length != 1)
            throw new MalformedFileException(path, $"{pickle.Length} entries data.pkl", "one, as torch.save writes");
        root = pickle[0][..^"data.pkl".Length];
        if (entries.TryGetValue(root + "byteorder", out var order) && !file.Slice(order.Start, (int)Math.Min(order.Bytes, 16)).SequenceEqual("little"u8))
            throw new MalformedFileException(path, "a byte order other than little", "little");
        storage = Storage.Borrow(file, file.Pointer, file.Length); // keeps the map
        var entry = entries[pickle[0]];
        if (entry.Bytes > 1 << 30)
            throw new MalformedFileException(path, $"a pickle of {entry.Bytes} bytes", "at most 1 GB");
        Collect(new Pickle(path, IsKnown, Call).Read(file.Slice(entry.Start, (int)entry.Bytes)));
    }

    /// <summary>Maps a file and reads its pickle. Throws <see cref="MalformedFileException"/>.</summary>
    public static PyTorchFile Open(string path) => new(path);

    public string FilePath { get; }
    public IReadOnlyDictionary<string, StoredTensor> Tensors => tensors;

    void Collect(object? top)
    {
        var items = (top as PickleDictionary)?.Items ?? throw new MalformedFileException(FilePath, $"{top?.GetType().Name ?? "None"} in its pickle", "a dictionary of tensors");
        if (!items.Exists(i => i.Value is View))
        {
            var inner = wrappers.Select(w => items.Find(i => i.Key is string key && key == w).Value).OfType<PickleDictionary>().FirstOrDefault();
            items = inner?.Items ?? throw new MalformedFileException(FilePath, "a dictionary without tensors", "a state dict");
        }
        foreach (var (key, value) in items)
        {
            if (value is not View view)
                continue;
            var name = key as string ?? throw new MalformedFileException(FilePath, $"a tensor under the key {key ?? "None"}", "a name");
            if (!tensors.TryAdd(name, new Stored(this, name, view)))
                throw new MalformedFileException(FilePath, $"two tensors '{name}'", "each name once");
        }
    }

    static bool IsKnown(PickleGlobal global) => global switch
    {
        { Module: "collections", Name: "OrderedDict" } => true,
        { Module: "torch._utils", Name: "_rebuild_tensor_v2" or "_rebuild_parameter" or "_rebuild_parameter_with_state" } => true,
        { Module: "torch", Name: "Size" } => true,
        { Module: "torch", Name: var name } => storages.ContainsKey(name),
        _ => false,
    };

    object? Call(PickleGlobal global, object?[] arguments) => global.Name switch
    {
        "OrderedDict" when arguments.Length == 0 => new PickleDictionary(),
        "Size" when arguments.Length == 1 => arguments[0],
        "_rebuild_parameter" or "_rebuild_parameter_with_state" when arguments.Length >= 1 && arguments[0] is View view => view,
        "_rebuild_tensor_v2" when arguments.Length >= 4 && arguments[0] is PicklePersistent { Id: object?[] id } => MakeView(id, arguments),
        _ => throw new MalformedFileException(FilePath, $"a call of {global} with {arguments.Length} arguments", "one that torch.save writes"),
    };

    View MakeView(object?[] id, object?[] arguments)
    {
        if (id is not ["storage", PickleGlobal kind, string key, _, long count] || !storages.TryGetValue(kind.Name, out var type))
            throw new MalformedFileException(FilePath, "a tensor without a storage of a known type", $"one of {string.Join(", ", storages.Keys)}");
        if (!entries.TryGetValue($"{root}data/{key}", out var entry))
            throw new MalformedFileException(FilePath, $"no entry '{root}data/{key}'", "the storage of a tensor");
        if (count < 0 || entry.Bytes / type.Size != count || entry.Bytes % type.Size != 0)
            throw new MalformedFileException(FilePath, $"{entry.Bytes} bytes in '{entry.Name}'", $"{count} elements of {type.Type}");
        var (shape, strides) = (Longs(arguments[2]), Longs(arguments[3]));
        if (arguments[1] is not long offset || offset < 0 || strides.Length != shape.Length || shape.Any(e => e < 0) || strides.Any(s => s < 0))
            throw new MalformedFileException(FilePath, $"a tensor of shape [{string.Join(", ", shape)}] and strides [{string.Join(", ", strides)}]", "equally many of both, none negative");
        Int128 elements = 1, last = offset;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            elements *= shape[axis];
            last += (Int128)strides[axis] * Math.Max(0, shape[axis] - 1);
            if (elements > count || last >= count && !shape.Contains(0))
                throw new MalformedFileException(FilePath, $"a tensor of shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {offset}", $"one within its storage of {count} elements");
        }
        return elements == 0 || last < count ? new View(type.Type, type.DType, type.Size, entry.Start, offset, shape, strides)
            : throw new MalformedFileException(FilePath, $"a tensor at offset {offset}", $"one within its storage of {count} elements");
    }

    long[] Longs(object? tuple) => tuple is object?[] values && values.All(v => v is long)
        ? [.. values.Select(v => (long)v!)] : throw new MalformedFileException(FilePath, "a tensor whose shape or strides are not a tuple of integers", "one");

    /// <summary>Elements of a storage, with strides.</summary>
    sealed record View(string Type, DType? DType, int Size, long Start, long Offset, long[] Shape, long[] Strides)
    {
        public bool IsContiguous
        {
            get
            {
                var stride = 1L;
                for (var axis = Shape.Length - 1; axis >= 0; axis--)
                {
                    if (Shape[axis] != 1 && Strides[axis] != stride)
                        return false;
                    stride *= Shape[axis];
                }
                return true;
            }
        }

        /// <summary>Place in the storage of an element in row-major order.</summary>
        public long PlaceOf(long element)
        {
            var place = Offset;
            for (var axis = Shape.Length - 1; axis >= 0; axis--)
            {
                (element, var index) = Math.DivRem(element, Shape[axis]);
                place += index * Strides[axis];
            }
            return place;
        }
    }

    sealed class Stored(PyTorchFile file, string name, View view) : StoredTensor(file.FilePath, name, view.Type, view.Shape)
    {
        public override DType? DType => view.DType;
        public override long Bytes => view.Shape.Aggregate(1L, (n, e) => n * e) * view.Size;

        internal override Tensor Read(long first, Shape shape, Device device)
        {
            var type = DType ?? throw new MalformedFileException(FilePath, $"tensor '{Name}' of {Type}", "F32, BF16, F16, F64, I32, I8, U8 or BOOL: the others cannot be computed with");
            if (view.IsContiguous)
            {
                var borrowed = device.Borrow(file.storage, type, shape, view.Start + (view.Offset + first) * view.Size);
                if (view.Start % view.Size == 0)
                    return borrowed;
                var copy = device.Empty(shape, type);
                device.Copy(borrowed, copy);
                return copy;
            }
            var whole = device.Borrow(file.storage, type, new Shape(checked((int)(1 + view.PlaceOf(Bytes / view.Size - 1)))), view.Start);
            var values = device.Empty(shape, type);
            for (var i = 0L; i < shape.Elements; i++)
                values.SetValue(i, whole.Value(view.PlaceOf(first + i)));
            return values;
        }
    }
}
