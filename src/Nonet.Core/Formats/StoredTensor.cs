using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Reference;

namespace Nonet.Formats;

/// <summary>A tensor in a file, not read yet.</summary>
public abstract class StoredTensor
{
    private protected StoredTensor(string file, string name, string type, IReadOnlyList<long> shape)
    {
        (FilePath, Name, Type, Shape) = (file, name, type, shape);
    }

    /// <summary>Path of the file.</summary>
    public string FilePath { get; }

    /// <summary>Name of the tensor in the file.</summary>
    public string Name { get; }

    /// <summary>Type of the elements as the format names it: F32, BF16, Q4_K.</summary>
    public string Type { get; }

    /// <summary>Extents, outermost first.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Type of the tensor that <see cref="Read(Device)"/> returns; null if the stored type is not supported.</summary>
    public abstract DType? DType { get; }

    /// <summary>Number of bytes in the file.</summary>
    public abstract long Bytes { get; }

    /// <summary>
    /// Reads the tensor. It uses the mapped file if the stored elements can be computed with directly; otherwise they are decoded. Throws
    /// if <see cref="Tensor"/> does not support the type or rank.
    /// </summary>
    public Tensor Read(Device device) => Read(0, TensorShape(), device);

    /// <summary>Values as doubles, outside any device, for a few numbers such as those of a header.</summary>
    internal double[] ToDoubles()
    {
        using var values = Read(ReferenceDevice.Shared);
        return values.ToDoubles();
    }

    /// <summary>Elements from <paramref name="start"/> on, with another shape.</summary>
    internal Tensor Read(long start, Shape shape, Device device)
    {
        using var scope = new TensorScope();
        return scope.Keep(device.Upload(Read(start, shape, device.Host)));
    }

    /// <summary>The same on a host device, which can use the elements in the mapped file.</summary>
    internal abstract Tensor Read(long start, Shape shape, HostDevice device);

    internal Shape TensorShape()
    {
        if (Shape.Count > Tensors.Shape.MaxRank || Shape.Any(e => e > int.MaxValue))
            throw new MalformedFileException(FilePath, $"tensor '{Name}' of shape [{string.Join(", ", Shape)}]",
                $"at most {Tensors.Shape.MaxRank} axes below 2^31");
        return new Shape([.. Shape.Select(e => (int)e)]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}] {Type}";
}

/// <summary>Tensors by name, stored in one or more files.</summary>
public interface ITensorStore
{
    /// <summary>Path of the file, or of the index that lists the files.</summary>
    string FilePath { get; }

    /// <summary>All tensors, by name.</summary>
    IReadOnlyDictionary<string, StoredTensor> Tensors { get; }
}
