using Nonet.Tensors;
using Nonet.Tensors.Cpu;

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

    /// <summary>The elements from <paramref name="start"/> on, in another shape.</summary>
    internal abstract Tensor Read(long start, Shape shape, Device device);

    /// <summary>Whether another tensor has the same shape and the same values.</summary>
    internal bool HasValuesOf(StoredTensor other)
    {
        if (!Shape.SequenceEqual(other.Shape))
            return false;
        if (Bytes == 0)
            return true;
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var (x, y) = (CheckpointWeights.Plain(Read(device)), CheckpointWeights.Plain(other.Read(device)));
        var (rows, width) = (x.Shape.Rank == 0 ? 1 : x.Shape[0], (int)(x.Elements / (x.Shape.Rank == 0 ? 1 : x.Shape[0])));
        for (var row = 0; row < rows; row++)
        {
            if (x.DType == y.DType ? !CheckpointWeights.RowBytes(x, row, width).SequenceEqual(CheckpointWeights.RowBytes(y, row, width)) : Enumerable.Range(0, width).Any(i => Differ((long)row * width + i)))
                return false;
        }
        return true;

        bool Differ(long i) => x.Value(i) != y.Value(i);
    }

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
