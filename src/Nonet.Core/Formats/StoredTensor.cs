using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Reference;

namespace Nonet.Formats;

/// <summary>A tensor that lies in a file.</summary>
public abstract class StoredTensor
{
    private protected StoredTensor(string file, string name, string type, IReadOnlyList<long> shape)
    {
        (FilePath, Name, Type, Shape) = (file, name, type, shape);
    }

    public string FilePath { get; }
    public string Name { get; }

    /// <summary>Type of its elements as the format calls it: F32, BF16, Q4_K.</summary>
    public string Type { get; }

    /// <summary>Extents, outermost first.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Type that <see cref="Read(Device)"/> gives; null where nothing here computes with the stored one.</summary>
    public abstract DType? DType { get; }

    /// <summary>Bytes in the file.</summary>
    public abstract long Bytes { get; }

    /// <summary>The tensor: over the file's map where its elements lie there as they are computed with, otherwise decoded. Throws for a type or rank that no <see cref="Tensor"/> has.</summary>
    public Tensor Read(Device device) => Read(0, TensorShape(), device);

    /// <summary>The values as doubles, on no device: numbers of a header's kind.</summary>
    internal double[] ToDoubles()
    {
        using var values = Read(ReferenceDevice.Shared);
        return values.ToDoubles();
    }

    /// <summary>The elements from <paramref name="start"/> on, in another shape.</summary>
    internal Tensor Read(long start, Shape shape, Device device)
    {
        using var scope = new TensorScope();
        return scope.Keep(device.Upload(Read(start, shape, device.Host)));
    }

    /// <summary>The same on a host device, where the elements can lie in the file's map.</summary>
    internal abstract Tensor Read(long start, Shape shape, HostDevice device);

    internal Shape TensorShape()
    {
        if (Shape.Count > Tensors.Shape.MaxRank || Shape.Any(e => e > int.MaxValue))
            throw new MalformedFileException(FilePath, $"tensor '{Name}' of shape [{string.Join(", ", Shape)}]", $"at most {Tensors.Shape.MaxRank} axes below 2^31");
        return new Shape([.. Shape.Select(e => (int)e)]);
    }

    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}] {Type}";
}

/// <summary>Tensors by name, in one file or several.</summary>
public interface ITensorStore
{
    /// <summary>The file, or the one that lists the others.</summary>
    string FilePath { get; }

    IReadOnlyDictionary<string, StoredTensor> Tensors { get; }
}
