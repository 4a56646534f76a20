using System.Numerics;

namespace Nonet.Tensors;

/// <summary>
/// Integers that ops use as indices: ids, targets, positions, sequence starts, cache slots, block tables. They are made on the host and
/// uploaded once. The host keeps a copy, so that ops can check ranges without waiting for the device. A host device has only one copy.
/// </summary>
public sealed class Indices : IDisposable
{
    readonly Device device;
    Tensor host;

    /// <summary>
    /// Uploads the values of an I32 tensor on the host, which must not change afterwards. A host device uses them without a copy.
    /// </summary>
    public Indices(Device device, Tensor host)
    {
        this.device = device;
        (this.host, Tensor) = (host, Uploaded(host));
        (Min, Max) = RangeOf(Values);
    }

    /// <summary>Replaces the values, so that a step that runs often creates its indices only once. Not for indices that a recorded op has used.</summary>
    public void Refill(Tensor values)
    {
        (host, Tensor) = (values, Uploaded(values));
        (Min, Max) = RangeOf(Values);
    }

    Tensor Uploaded(Tensor values) =>
        values.DType == DType.I32 ? device.Upload(values) : throw new ShapeException($"indices are I32; found {values.Shape} {values.DType}");

    /// <summary>Device that holds the values.</summary>
    public Device Device => Tensor.Device;

    /// <summary>Extents of the values.</summary>
    public Shape Shape => Tensor.Shape;

    /// <summary>Number of values.</summary>
    public int Count => (int)Tensor.Elements;

    /// <summary>Values on the host. Throws if their scope has closed.</summary>
    public ReadOnlySpan<int> Values => host.AsSpan<int>();

    /// <summary>Smallest value; 0 if empty.</summary>
    public int Min { get; private set; }

    /// <summary>Largest value; -1 if empty.</summary>
    public int Max { get; private set; }

    /// <summary>Values on the device.</summary>
    internal Tensor Tensor { get; private set; }

    internal unsafe int* I32 => Tensor.I32;

    /// <summary>Index of the first value outside [least, most]; null if all are inside. Reads the values only if one is outside.</summary>
    public int? FirstOutside(int least, int most) => Count == 0 || (Min >= least && Max <= most) ? null : Values.IndexOfAnyExceptInRange(least, most);

    /// <summary>Removes the values from all scopes: they live until they are disposed of or collected.</summary>
    public Indices Unscoped()
    {
        host.Unscoped();
        Tensor.Unscoped();
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        host.Dispose();
        Tensor.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => $"Indices {Shape}";

    static (int Min, int Max) RangeOf(ReadOnlySpan<int> values)
    {
        if (values.Length == 0)
            return (0, -1);
        var (min, max, i) = (values[0], values[0], 0);
        if (values.Length >= Vector<int>.Count)
        {
            var (low, high) = (new Vector<int>(values), new Vector<int>(values));
            for (; i <= values.Length - Vector<int>.Count; i += Vector<int>.Count)
            {
                var x = new Vector<int>(values[i..]);
                (low, high) = (Vector.Min(low, x), Vector.Max(high, x));
            }
            for (var lane = 0; lane < Vector<int>.Count; lane++)
                (min, max) = (Math.Min(min, low[lane]), Math.Max(max, high[lane]));
        }
        for (; i < values.Length; i++)
            (min, max) = (Math.Min(min, values[i]), Math.Max(max, values[i]));
        return (min, max);
    }
}
