using Nonet.Formats;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.Checkpoints;

/// <summary>Compares tensors in files.</summary>
static class StoredValues
{
    /// <summary>Whether another tensor has the same shape and the same values.</summary>
    public static bool HasValuesOf(this StoredTensor tensor, StoredTensor other)
    {
        if (!tensor.Shape.SequenceEqual(other.Shape))
            return false;
        if (tensor.Bytes == 0)
            return true;
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var (x, y) = (CheckpointWeights.Plain(tensor.Read(device)), CheckpointWeights.Plain(other.Read(device)));
        var rows = x.Shape.Rank == 0 ? 1 : x.Shape[0];
        var width = (int)(x.Elements / rows);
        return Enumerable.Range(0, rows).All(row => x.DType == y.DType
            ? CheckpointWeights.RowBytes(x, row, width).SequenceEqual(CheckpointWeights.RowBytes(y, row, width))
            : Enumerable.Range(0, width).All(i => x.Value((long)row * width + i) == y.Value((long)row * width + i)));
    }
}
