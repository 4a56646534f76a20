using Nonet.Tensors.Autograd;
using Nonet.Tensors.Memory;

namespace Nonet.Tensors;

/// <summary>
/// Holds tensors and runs ops. A device allocates, uploads, downloads and copies memory. Only the memory of a <see cref="HostDevice"/> has
/// an address that the program can read. Each op declares its kernels as virtual methods beside its definition (Ops/); a missing kernel
/// throws. <see cref="Cpu.CpuDevice"/> computes in F32; <see cref="Reference.ReferenceDevice"/> defines every op in double.
/// </summary>
public abstract partial class Device
{
    /// <summary>Creates a device with an empty pool of buffers.</summary>
    protected Device() => Pool = new StoragePool(Allocate);

    /// <summary>Name for messages: "cpu", "reference".</summary>
    public abstract string Name { get; }

    /// <summary>Description for people, such as "4 threads".</summary>
    public virtual string Description => Name;

    /// <summary>The dtype of activations and gradients on this device.</summary>
    public abstract DType Float { get; }

    /// <summary>Whether the device has kernels for tensors of a type in a use.</summary>
    public abstract bool Supports(TensorUse use, DType type);

    /// <summary>
    /// Throws a <see cref="NotSupportedException"/> that lists the supported types if the device does not support a type for a use.
    /// </summary>
    public void Require(TensorUse use, DType type)
    {
        if (!Supports(use, type))
            throw Unsupported(use, type);
    }

    NotSupportedException Unsupported(TensorUse use, DType type)
    {
        var supported = string.Join(", ", Enum.GetValues<DType>().Where(t => Supports(use, t)));
        var what = use switch { TensorUse.Activations => "activations", TensorUse.Masters => "master weights", _ => "a KV cache" };
        return new NotSupportedException($"device '{Name}' has no kernels for {what} in {type}; it has them for {supported}");
    }

    /// <summary>Host device on which values for this device are prepared and read; the device itself if it is a host device.</summary>
    public abstract HostDevice Host { get; }

    /// <summary>Buffers that wait for reuse.</summary>
    public StoragePool Pool { get; }

    /// <summary>Allocates memory. The pool calls this if no buffer of the size is waiting.</summary>
    protected internal abstract Storage Allocate(long bytes);

    /// <summary>Copies bytes from the host to a storage of this device, from byte <paramref name="offset"/> on.</summary>
    protected internal abstract void Upload(ReadOnlySpan<byte> values, Storage to, long offset);

    /// <summary>Copies bytes from a storage of this device to the host. Waits until the device has finished its work on the storage.</summary>
    protected internal abstract void Download(Storage from, long offset, Span<byte> values);

    /// <summary>A tensor with uninitialised values. The open <see cref="TensorScope"/>, if any, owns it.</summary>
    public Tensor Empty(Shape shape, DType type) => Tensor.Make(this, type, shape, Pool.Rent(type.Bytes(shape.Elements)));

    /// <summary>A tensor of activations (<see cref="Float"/>) with uninitialised values.</summary>
    public Tensor Empty(Shape shape) => Empty(shape, Float);

    /// <summary>A tensor whose elements all have one value.</summary>
    public Tensor Full(Shape shape, DType type, double value)
    {
        var x = Empty(shape, type);
        Fill(x, value);
        return x;
    }

    /// <summary>A tensor of activations (<see cref="Float"/>) that is 0 everywhere.</summary>
    public Tensor Zeros(Shape shape) => Full(shape, Float, 0);

    /// <summary>A tensor of activations (<see cref="Float"/>) with the given values, in row-major order.</summary>
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

    /// <summary>A tensor with the given values, in row-major order, rounded to a type.</summary>
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

    /// <summary>A vector of integers: ids, positions, sequence starts.</summary>
    public Indices From(ReadOnlySpan<int> values) => From(new Shape(values.Length), values);

    /// <summary>Integers of any shape, in row-major order.</summary>
    public Indices From(Shape shape, ReadOnlySpan<int> values)
    {
        CheckCount(shape, values.Length);
        var x = Host.Empty(shape, DType.I32);
        values.CopyTo(x.AsSpan<int>());
        return new Indices(this, x);
    }

    /// <summary>
    /// A tensor over memory that another object owns, such as a mapped file. On a host device it uses that memory; on another device it is
    /// a copy.
    /// </summary>
    public Tensor Borrow(HostStorage storage, DType type, Shape shape, long byteOffset) => Take(new Tensor(Host, type, shape, storage, byteOffset));

    /// <summary>
    /// Brings the values of a host tensor to this device. Returns the tensor itself if it is on this device already, otherwise a copy.
    /// </summary>
    public Tensor Upload(Tensor values)
    {
        if (values.Device == this)
            return values;
        var x = Empty(values.Shape, values.DType);
        Upload(values, x);
        return x;
    }

    /// <summary>Overwrites x, a tensor of this device, with the values of a host tensor of the same shape and type.</summary>
    public void Upload(Tensor values, Tensor x)
    {
        if (values.Shape != x.Shape || values.DType != x.DType || x.Device != this)
            throw new ShapeException(
                $"values {values.Shape} {values.DType} uploaded to a tensor {x.Shape} {x.DType} of device '{x.Device.Name}'; expected equal shapes "
                + $"and types on '{Name}'");
        x.Upload(values);
    }

    /// <summary>Sets every element to a value.</summary>
    public abstract void Fill(Tensor x, double value);

    /// <summary>Sets each element i to element(i), which the host computes.</summary>
    public virtual void Fill(Tensor x, Func<long, double> element)
    {
        using var values = Host.Empty(x.Shape, x.DType);
        Host.Fill(values, element);
        Upload(values, x);
    }

    /// <summary>
    /// Element i = mean + deviation · <see cref="Philox.Normal"/>(key, i), computed in double and then rounded. The values are the same on
    /// every device.
    /// </summary>
    public virtual void FillNormal(Tensor x, double mean, double deviation, RandomKey key)
    {
        using var values = Host.Empty(x.Shape, x.DType);
        Host.FillNormal(values, mean, deviation, key);
        Upload(values, x);
    }

    /// <summary>
    /// Like <see cref="FillNormal"/> with <see cref="Philox.TruncatedNormal"/>: no element is further than cut · deviation from the mean.
    /// </summary>
    public virtual void FillTruncatedNormal(Tensor x, double mean, double deviation, double cut, RandomKey key)
    {
        using var values = Host.Empty(x.Shape, x.DType);
        Host.FillTruncatedNormal(values, mean, deviation, cut, key);
        Upload(values, x);
    }

    /// <summary>y = x, converted to the dtype of y. Both have the same number of elements. Only F32 can be converted to a quantised type.</summary>
    public abstract void Copy(Tensor x, Tensor y);

    /// <summary>Adds x to a gradient or overwrites it, as the target says.</summary>
    public abstract void Accumulate(Tensor x, GradientTarget into);

    internal NotSupportedException Lacks(string op) => new($"device '{Name}' has no kernel for {op}");

    /// <summary>Uploads a tensor that was prepared on the host for this device, and frees the host's buffer.</summary>
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
