using Nonet.Tensors;

namespace Nonet.Formats.PyTorch;

/// <summary>Element type of torch's storages.</summary>
/// <param name="Name">Name in the other formats: F32, BF16.</param>
/// <param name="Size">Bytes per element.</param>
/// <param name="DType">Type of <see cref="Tensor"/> with the same bytes; null: none.</param>
sealed record StorageType(string Name, int Size, DType? DType)
{
    /// <summary>Types by the name of torch's class.</summary>
    public static readonly IReadOnlyDictionary<string, StorageType> All = new Dictionary<string, StorageType>(StringComparer.Ordinal)
    {
        ["FloatStorage"] = new("F32", 4, Tensors.DType.F32),
        ["HalfStorage"] = new("F16", 2, Tensors.DType.F16),
        ["BFloat16Storage"] = new("BF16", 2, Tensors.DType.BF16),
        ["DoubleStorage"] = new("F64", 8, Tensors.DType.F64),
        ["LongStorage"] = new("I64", 8, null),
        ["IntStorage"] = new("I32", 4, Tensors.DType.I32),
        ["ShortStorage"] = new("I16", 2, null),
        ["CharStorage"] = new("I8", 1, Tensors.DType.I8),
        ["ByteStorage"] = new("U8", 1, Tensors.DType.U8),
        ["BoolStorage"] = new("BOOL", 1, Tensors.DType.U8),
    };
}

/// <summary>Elements in the file that tensors share.</summary>
sealed class StoragePlace(StorageType type, long count)
{
    public StorageType Type => type;
    public long Count => count;

    /// <summary>First byte in the file. Known once the whole file has been read.</summary>
    public long Start { get; set; }
}

/// <summary>A tensor: elements of a storage with an offset and strides, both in elements.</summary>
sealed record StorageView(StoragePlace Place, long Offset, long[] Shape, long[] Strides)
{
    public StorageType Type => Place.Type;

    public bool IsContiguous
    {
        get
        {
            var stride = 1L;
            if (Shape.Contains(0))
                return true;
            for (var axis = Shape.Length - 1; axis >= 0; axis--)
            {
                if (Shape[axis] != 1 && Strides[axis] != stride)
                    return false;
                stride *= Shape[axis];
            }
            return true;
        }
    }

    /// <summary>Index in the storage of an element in row-major order.</summary>
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
