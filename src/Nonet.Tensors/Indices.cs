using System.Numerics;

namespace Nonet.Tensors;

/// <summary>
/// Whole numbers that ops look up and cut by: ids, targets, positions, starts, slots, block tables. They are made on the host and uploaded once. The host keeps them, so
/// that an op checks their range without asking the device; on a host device both are one.
/// </summary>
public sealed class Indices : IDisposable
{
    readonly Tensor host;

    /// <summary>Uploads the I32 values of a host tensor, which must not change afterwards. On a host device they are used where they lie.</summary>
    public Indices(Device device, Tensor host)
    {
        if (host.DType != DType.I32)
            throw new ShapeException($"indices are I32; found {host.Shape} {host.DType}");
        this.host = host;
        Tensor = device.Upload(host);
        (Min, Max) = RangeOf(Values);
    }

    public Device Device => Tensor.Device;
    public Shape Shape => Tensor.Shape;
    public int Count => (int)Tensor.Elements;

    /// <summary>The values on the host. Throws when their scope has closed.</summary>
    public ReadOnlySpan<int> Values => host.AsSpan<int>();

    /// <summary>The least value; 0 if there are none.</summary>
    public int Min { get; }

    /// <summary>The largest value; -1 if there are none.</summary>
    public int Max { get; }

    /// <summary>The values on the device.</summary>
    internal Tensor Tensor { get; }

    internal unsafe int* I32 => Tensor.I32;

    /// <summary>The place of the first value outside [least, most]; null if there is none. Looks at the values only if there is one.</summary>
    public int? FirstOutside(int least, int most) => Count == 0 || (Min >= least && Max <= most) ? null : Values.IndexOfAnyExceptInRange(least, most);

    /// <summary>Takes the values out of every scope: they live until they are disposed of or collected.</summary>
    public Indices Unscoped()
    {
        host.Unscoped();
        Tensor.Unscoped();
        return this;
    }

    public void Dispose()
    {
        host.Dispose();
        Tensor.Dispose();
    }

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
