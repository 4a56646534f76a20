using Nonet.Files;

namespace Nonet.Formats.PyTorch;

/// <summary>
/// Reads the pickle of a state dict: defines the allowed names and the results of their calls. A tensor becomes a <see cref="StorageView"/>
/// within its storage; all other values are those of <see cref="Pickle"/>.
/// </summary>
/// <param name="file">File name for messages.</param>
/// <param name="find">Returns the storage of a key with the given type and element count. Throws if the file describes it differently.</param>
sealed class TensorPickle(string file, Func<string, StorageType, long, StoragePlace> find)
{
    const int MostAxes = 32;

    /// <summary>Limit of elements that views with stride 0 repeat beyond their storages: reading them allocates more than the file holds.</summary>
    const long MostRepeated = 1 << 26;

    Pickle? pickle;
    long repeated;

    /// <summary>Reads the pickle at the start of <paramref name="data"/>. Returns its value and its length in bytes.</summary>
    public object? Read(ReadOnlySpan<byte> data, out int bytes) => (pickle = new Pickle(file, IsKnown, Call)).Read(data, out bytes);

    static bool IsKnown(PickleGlobal global) => global switch
    {
        { Module: "collections", Name: "OrderedDict" } => true,
        { Module: "torch._utils", Name: "_rebuild_tensor" or "_rebuild_tensor_v2" or "_rebuild_parameter" or "_rebuild_parameter_with_state" } => true,
        { Module: "torch", Name: "Size" } => true,
        { Module: "torch", Name: var name } => StorageType.All.ContainsKey(name),
        _ => false,
    };

    object? Call(PickleGlobal global, object?[] arguments) => global.Name switch
    {
        "OrderedDict" when arguments.Length == 0 => new PickleDictionary(),
        "OrderedDict" when arguments is [List<object?> pairs] => Dictionary(pairs), // of Python 2
        "Size" when arguments.Length == 1 => arguments[0],
        "_rebuild_parameter" or "_rebuild_parameter_with_state" when arguments is [StorageView view, ..] => view,
        "_rebuild_tensor" or "_rebuild_tensor_v2" when arguments is [PicklePersistent { Id: var id }, _, _, _, ..] => View(id, arguments),
        _ => throw Wrong($"a call of {global} with {arguments.Length} arguments", "one that torch.save writes"),
    };

    PickleDictionary Dictionary(List<object?> pairs)
    {
        var dictionary = new PickleDictionary();
        pickle!.Charge(pairs.Count);
        foreach (var pair in pairs)
            dictionary.Items.Add(
                pair is List<object?> { Count: 2 } p ? (p[0], p[1]) : throw Wrong("an OrderedDict of something else", "pairs of a key and a value"));
        return dictionary;
    }

    StorageView View(object?[] id, object?[] arguments)
    {
        if (id is not ["storage", PickleGlobal kind, string key, _, long count, ..] || id.Length > 6 || !StorageType.All.TryGetValue(kind.Name, out var type))
            throw Wrong("a tensor without a storage of a known type", $"one of {string.Join(", ", StorageType.All.Keys)}");
        var place = find(key, type, count);
        var first = 0L;
        if (id is [.., object?[] part]) // a part of a storage: its key, offset and element count
        {
            if (part is not [_, long from, long elements] || from < 0 || elements < 0 || from > count - elements)
                throw Wrong($"a part of storage '{key}'", $"one within its {count} elements");
            (first, count) = (from, elements);
        }
        var (shape, strides) = (Longs(arguments[2]), Longs(arguments[3]));
        if (arguments[1] is not long offset || offset < 0 || strides.Length != shape.Length || shape.Any(e => e < 0) || strides.Any(s => s < 0))
            throw Wrong($"a tensor of shape [{string.Join(", ", shape)}] and strides [{string.Join(", ", strides)}]", "equally many of both, none negative");
        Int128 size = 1, last = offset;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            size *= shape[axis];
            last += (Int128)strides[axis] * Math.Max(0, shape[axis] - 1);
            if (size > long.MaxValue || last >= count && !shape.Contains(0))
                throw Wrong($"a tensor of shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {offset}",
                    $"one within its storage of {count} elements");
        }
        if (size > count && (repeated += (long)size - count) > MostRepeated)
            throw Wrong($"a tensor of shape [{string.Join(", ", shape)}] and strides [{string.Join(", ", strides)}], which repeats a storage of {count} "
                + $"elements", $"at most {MostRepeated} repeated elements in a file");
        return size == 0 || last < count ? new StorageView(place, size == 0 ? 0 : first + offset, shape, strides)
            : throw Wrong($"a tensor at offset {offset}", $"one within its storage of {count} elements");
    }

    long[] Longs(object? tuple) => tuple is object?[] { Length: <= MostAxes } values && values.All(v => v is long)
        ? [.. values.Select(v => (long)v!)] : throw Wrong("a tensor whose shape or strides are not a tuple of integers", $"one of at most {MostAxes}");

    MalformedFileException Wrong(string found, string expected) => new(file, found, expected);
}
