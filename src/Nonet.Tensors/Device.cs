using Nonet.Tensors.Autograd;
using Nonet.Tensors.Memory;

namespace Nonet.Tensors;

/// <summary>
/// Where tensors live and ops run. Each op adds its kernels as virtual methods beside its definition (Ops/); a device that lacks
/// one says so. <see cref="Cpu.CpuDevice"/> computes in F32, <see cref="Reference.ReferenceDevice"/> defines every op in double.
/// </summary>
public abstract partial class Device
{
    /// <summary>Name for messages: "cpu", "reference".</summary>
    public abstract string Name { get; }

    /// <summary>The dtype of activations and gradients on this device.</summary>
    public abstract DType Float { get; }

    public StoragePool Pool { get; } = new();

    /// <summary>Uninitialised values, owned by the current <see cref="TensorScope"/> if one is open.</summary>
    public Tensor Empty(Shape shape, DType type) => new(this, type, shape, Pool.Rent(type.Bytes(shape.Elements)));

    public Tensor Empty(Shape shape) => Empty(shape, Float);

    public Tensor Full(Shape shape, DType type, double value)
    {
        var x = Empty(shape, type);
        Fill(x, value);
        return x;
    }

    public Tensor Zeros(Shape shape) => Full(shape, Float, 0);

    /// <summary>A tensor of the device's float type holding the given values.</summary>
    public Tensor From(Shape shape, ReadOnlySpan<float> values)
    {
        CheckCount(shape, values.Length);
        var x = Empty(shape, Float);
        if (Float == DType.F32)
            values.CopyTo(x.AsSpan<float>());
        else
        {
            for (var i = 0; i < values.Length; i++)
                x.SetValue(i, values[i]);
        }
        return x;
    }

    public Tensor From(Shape shape, ReadOnlySpan<double> values, DType type)
    {
        CheckCount(shape, values.Length);
        var x = Empty(shape, type);
        if (type.IsBlocks())
        {
            using var wide = From(shape, values, DType.F32);
            Copy(wide, x);
            return x;
        }
        for (var i = 0; i < values.Length; i++)
            x.SetValue(i, values[i]);
        return x;
    }

    /// <summary>An I32 vector: ids, positions, sequence starts.</summary>
    public Tensor From(ReadOnlySpan<int> values)
    {
        var x = Empty(new Shape(values.Length), DType.I32);
        values.CopyTo(x.AsSpan<int>());
        return x;
    }

    /// <summary>A tensor over memory of somebody else (a mapped file), alive as long as the storage is.</summary>
    public Tensor Borrow(Storage storage, DType type, Shape shape, long byteOffset) => new(this, type, shape, storage, byteOffset);

    public abstract void Fill(Tensor x, double value);

    /// <summary>Element i = mean + deviation <see cref="Philox.Normal"/>(key, i), in double, then rounded: the same values on every device.</summary>
    public virtual void FillNormal(Tensor x, double mean, double deviation, RandomKey key)
    {
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, mean + deviation * Philox.Normal(key, (ulong)i));
    }

    /// <summary>The same with <see cref="Philox.TruncatedNormal"/>: no element is further from the mean than cut · deviation.</summary>
    public virtual void FillTruncatedNormal(Tensor x, double mean, double deviation, double cut, RandomKey key)
    {
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, mean + deviation * Philox.TruncatedNormal(key, (ulong)i, cut));
    }

    /// <summary>y = x, of equal element count, converting between dtypes. To a block type from F32 or itself only.</summary>
    public abstract void Copy(Tensor x, Tensor y);

    /// <summary>Adds x to a gradient, or overwrites it, as the target says.</summary>
    public abstract void Accumulate(Tensor x, GradientTarget into);

    internal NotSupportedException Lacks(string op) => new($"device '{Name}' has no kernel for {op}");

    static void CheckCount(Shape shape, int count)
    {
        if (shape.Elements != count)
            throw new ShapeException($"{count} values for a tensor of shape {shape}, which has {shape.Elements} elements");
    }
}
