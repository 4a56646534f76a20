using Nonet.Tensors.Autograd;
using Nonet.Tensors.Memory;

namespace Nonet.Tensors;

/// <summary>
/// Where tensors live and ops run. A device allocates, uploads, downloads and copies; what runs on it never reads its memory by an address unless it is a
/// <see cref="HostDevice"/>. Each op adds its kernels as virtual methods beside its definition (Ops/); a device that lacks one says so.
/// <see cref="Cpu.CpuDevice"/> computes in F32, <see cref="Reference.ReferenceDevice"/> defines every op in double.
/// </summary>
public abstract partial class Device
{
    protected Device() => Pool = new StoragePool(Allocate);

    /// <summary>Name for messages: "cpu", "reference".</summary>
    public abstract string Name { get; }

    /// <summary>What it computes with, for people: "4 threads".</summary>
    public virtual string Description => Name;

    /// <summary>The dtype of activations and gradients on this device.</summary>
    public abstract DType Float { get; }

    /// <summary>Whether kernels take tensors of a type for a use.</summary>
    public abstract bool Supports(TensorUse use, DType type);

    /// <summary>Throws a <see cref="NotSupportedException"/> that names the types it has if it does not support one for a use.</summary>
    public void Require(TensorUse use, DType type)
    {
        if (Supports(use, type))
            return;
        var supported = string.Join(", ", Enum.GetValues<DType>().Where(t => Supports(use, t)));
        var what = use switch { TensorUse.Activations => "activations", TensorUse.Masters => "master weights", _ => "a KV cache" };
        throw new NotSupportedException($"device '{Name}' has no kernels for {what} in {type}; it has them for {supported}");
    }

    /// <summary>The host device where values for this one are prepared and read: this one itself if it is one.</summary>
    public abstract HostDevice Host { get; }

    public StoragePool Pool { get; }

    /// <summary>New memory. The pool asks for it when no buffer of the size waits.</summary>
    protected internal abstract Storage Allocate(long bytes);

    /// <summary>Writes bytes of the host to a storage of this device, from byte <paramref name="offset"/> on.</summary>
    protected internal abstract void Upload(ReadOnlySpan<byte> values, Storage to, long offset);

    /// <summary>Reads bytes of a storage of this device once all work on it is done: the host waits.</summary>
    protected internal abstract void Download(Storage from, long offset, Span<byte> values);

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
        var x = Host.Empty(shape, Float);
        if (Float == DType.F32)
            values.CopyTo(x.AsSpan<float>());
        else
        {
            for (var i = 0; i < values.Length; i++)
                x.SetValue(i, values[i]);
        }
        return Take(x);
    }

    public Tensor From(Shape shape, ReadOnlySpan<double> values, DType type)
    {
        CheckCount(shape, values.Length);
        var x = Host.Empty(shape, type);
        if (type.IsQuantized())
        {
            using var wide = Host.From(shape, values, DType.F32);
            Host.Copy(wide, x);
        }
        else
        {
            for (var i = 0; i < values.Length; i++)
                x.SetValue(i, values[i]);
        }
        return Take(x);
    }

    /// <summary>A vector of whole numbers: ids, positions, sequence starts.</summary>
    public Indices From(ReadOnlySpan<int> values) => From(new Shape(values.Length), values);

    /// <summary>Whole numbers of any shape.</summary>
    public Indices From(Shape shape, ReadOnlySpan<int> values)
    {
        CheckCount(shape, values.Length);
        var x = Host.Empty(shape, DType.I32);
        values.CopyTo(x.AsSpan<int>());
        return new Indices(this, x);
    }

    /// <summary>A tensor over memory of somebody else (a mapped file), alive as long as the storage is: over the memory itself on a host device, a copy of it on another.</summary>
    public Tensor Borrow(HostStorage storage, DType type, Shape shape, long byteOffset) => Take(new Tensor(Host, type, shape, storage, byteOffset));

    /// <summary>The values of a tensor of a host device: that tensor itself if it lies here already, else a copy.</summary>
    public Tensor Upload(Tensor values)
    {
        if (values.Device == this)
            return values;
        var x = Empty(values.Shape, values.DType);
        Upload(values, x);
        return x;
    }

    /// <summary>Overwrites x, a tensor of this device, with values of the same shape and type on a host device.</summary>
    public void Upload(Tensor values, Tensor x)
    {
        if (values.Shape != x.Shape || values.DType != x.DType || x.Device != this)
            throw new ShapeException($"values {values.Shape} {values.DType} uploaded to a tensor {x.Shape} {x.DType} of device '{x.Device.Name}': equal shapes and types on '{Name}' are needed");
        x.Upload(values);
    }

    /// <summary>Sets every element to a value.</summary>
    public abstract void Fill(Tensor x, double value);

    /// <summary>Sets element i to element(i), computed on the host.</summary>
    public virtual void Fill(Tensor x, Func<long, double> element)
    {
        using var values = Host.Empty(x.Shape, x.DType);
        Host.Fill(values, element);
        Upload(values, x);
    }

    /// <summary>Element i = mean + deviation <see cref="Philox.Normal"/>(key, i), in double, then rounded: the same values on every device.</summary>
    public virtual void FillNormal(Tensor x, double mean, double deviation, RandomKey key)
    {
        using var values = Host.Empty(x.Shape, x.DType);
        Host.FillNormal(values, mean, deviation, key);
        Upload(values, x);
    }

    /// <summary>The same with <see cref="Philox.TruncatedNormal"/>: no element is further from the mean than cut · deviation.</summary>
    public virtual void FillTruncatedNormal(Tensor x, double mean, double deviation, double cut, RandomKey key)
    {
        using var values = Host.Empty(x.Shape, x.DType);
        Host.FillTruncatedNormal(values, mean, deviation, cut, key);
        Upload(values, x);
    }

    /// <summary>y = x, of equal element count, converting between dtypes. To a block type from F32 or itself only.</summary>
    public abstract void Copy(Tensor x, Tensor y);

    /// <summary>Adds x to a gradient, or overwrites it, as the target says.</summary>
    public abstract void Accumulate(Tensor x, GradientTarget into);

    internal NotSupportedException Lacks(string op) => new($"device '{Name}' has no kernel for {op}");

    /// <summary>Uploads what was prepared for this device on its host, and gives the host's buffer back.</summary>
    internal Tensor Take(Tensor prepared)
    {
        if (prepared.Device == this)
            return prepared;
        using (prepared)
            return Upload(prepared);
    }

    static void CheckCount(Shape shape, int count)
    {
        if (shape.Elements != count)
            throw new ShapeException($"{count} values for a tensor of shape {shape}, which has {shape.Elements} elements");
    }
}
