using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu.Quantized;
using Nonet.Tensors.Memory;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors;

/// <summary>
/// A contiguous array of one <see cref="Tensors.DType"/> on one <see cref="Tensors.Device"/>. <see cref="Download"/> brings its values to
/// the host. Only tensors on a <see cref="HostDevice"/> offer elements and spans.
/// </summary>
public sealed unsafe class Tensor : IDisposable
{
    /// <summary>Bytes copied at once between host and device: a span holds fewer than 2^31.</summary>
    const long Piece = 1 << 30;

    Storage? storage;
    long offset;
    byte* pointer; // null if the host cannot read the storage

    internal Tensor(Device device, DType type, Shape shape, Storage storage, long byteOffset = 0)
    {
        (Device, DType, Shape) = (device, type, shape);
        Hold(storage, byteOffset);
    }

    /// <summary>A tensor in the open scope: a new object, or a reused one if the scope recycles its tensors.</summary>
    internal static Tensor Make(Device device, DType type, Shape shape, Storage storage, long byteOffset = 0)
    {
        if (TensorScope.Current?.TakeSpare() is not { } tensor)
            return new Tensor(device, type, shape, storage, byteOffset);
        (tensor.Device, tensor.DType, tensor.Shape) = (device, type, shape);
        tensor.Hold(storage, byteOffset);
        return tensor;
    }

    /// <summary>Resets a disposed object so that it can be reused.</summary>
    internal void Clear()
    {
        pointer = null;
        (Device, Gradient, Scope) = (null!, null, null);
        (RequiresGrad, HasExactProducts, IsLeaf, GradientFilled, ReadByMaker, surrendered, Uses) = (false, false, false, false, false, false, 0);
    }

    void Hold(Storage storage, long byteOffset)
    {
        var (type, shape) = (DType, Shape);
        if (type.IsQuantized() && shape.Last % type.BlockElements() != 0)
            throw new ShapeException($"a tensor {shape} of {type}; expected rows of a multiple of {type.BlockElements()} elements");
        var bytes = type.Bytes(shape.Elements);
        if (byteOffset < 0 || byteOffset + bytes > storage.Bytes)
            throw new ShapeException($"{shape} {type} at byte {byteOffset} does not lie inside a storage of {storage.Bytes} bytes");
        this.storage = storage;
        offset = byteOffset;
        pointer = storage is HostStorage host ? host.Pointer + byteOffset : null;
        storage.Retain();
        TensorScope.Current?.Adopt(this);
    }

    /// <summary>Device that holds the values and runs ops on them.</summary>
    public Device Device { get; private set; }

    /// <summary>Type of the elements.</summary>
    public DType DType { get; private set; }

    /// <summary>Extents, outermost first. Elements lie in row-major order.</summary>
    public Shape Shape { get; private set; }

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Elements;

    /// <summary>Whether gradients flow to it: it is a trainable parameter, a watched leaf or the result of a recorded op.</summary>
    public bool RequiresGrad { get; internal set; }

    /// <summary>Gradient from the last backward pass; only parameters and leaves made by <see cref="Watch"/> keep one.</summary>
    public Tensor? Gradient { get; internal set; }

    /// <summary>
    /// Whether products with these quantised weights take the activations as they are, instead of rounding them to 8 bits. Set for frozen
    /// weights in training; products are then as fast as those in F32, and need no second copy of the weights.
    /// </summary>
    public bool HasExactProducts { get; internal set; }

    internal TensorScope? Scope { get; set; }

    /// <summary>
    /// Whether this is a leaf: a leaf keeps its gradient after the backward pass; other gradients are freed as soon as they have been used.
    /// </summary>
    internal bool IsLeaf { get; set; }

    /// <summary>True if <see cref="Gradient"/> holds a sum to add to; false if its bytes are stale and are overwritten.</summary>
    internal bool GradientFilled { get; set; }

    /// <summary>Number of recorded ops that have it as an input.</summary>
    internal int Uses { get; set; }

    /// <summary>Whether the op that made it reads it again in the backward pass.</summary>
    internal bool ReadByMaker { get; set; }

    bool surrendered;

    /// <summary>Whether the storage has been released; using the values then throws.</summary>
    public bool IsDisposed => storage is null;

    /// <summary>Memory of the values. Throws if the tensor's scope has closed.</summary>
    internal Storage Storage => storage ?? throw Released();

    /// <summary>Index of its first byte in <see cref="Storage"/>.</summary>
    internal long Offset => offset;

    /// <summary>Address of its first byte. Throws if the tensor's scope has closed or the host cannot read the memory.</summary>
    internal byte* Bytes => storage is not null && pointer is not null ? pointer : throw Unreadable();

    /// <summary>Values as <typeparamref name="T"/>, which must match the dtype.</summary>
    internal T* Data<T>() where T : unmanaged
    {
        if (DType.IsQuantized() || sizeof(T) != DType.Size())
            throw new ShapeException($"tensor {Shape} is {DType}; {typeof(T).Name} was asked for");
        return (T*)Bytes;
    }

    /// <summary>F32 values. Throws for another dtype.</summary>
    internal float* F32 => DType == DType.F32 ? (float*)Bytes : throw new ShapeException($"tensor {Shape} is {DType}; expected F32");
    internal double* F64 => DType == DType.F64 ? (double*)Bytes : throw new ShapeException($"tensor {Shape} is {DType}; expected F64");
    internal int* I32 => DType == DType.I32 ? (int*)Bytes : throw new ShapeException($"tensor {Shape} is {DType}; expected I32");

    /// <summary>
    /// Values for reading and writing, at most 2^31 - 1 of them. Throws if the tensor is not on a <see cref="HostDevice"/>; use
    /// <see cref="Download"/> first.
    /// </summary>
    public Span<T> AsSpan<T>() where T : unmanaged => new(Data<T>(), checked((int)Elements));

    /// <summary>The same values with another shape of equal element count. The result shares the storage.</summary>
    public Tensor Reshape(Shape shape) => Ops.Reshape(this, shape);

    /// <summary>Rows [start, start + count) of the first axis. The result shares the storage and is not recorded on a tape.</summary>
    internal Tensor RowsView(int start, int count)
    {
        var stride = DType.Bytes(Elements / Math.Max(1, Shape[0]));
        return View(Shape.With(0, count), DType, start * stride);
    }

    internal Tensor View(Shape shape, DType type, long byteOffset)
    {
        return Make(Device, type, shape, Storage, offset + byteOffset);
    }

    /// <summary>
    /// Values on the host: the tensor itself if it is on a <see cref="HostDevice"/>, otherwise a copy, which belongs to the open scope. The
    /// host waits for the device, so a loop should download rarely.
    /// </summary>
    public Tensor Download()
    {
        if (Device is HostDevice)
            return this;
        var copy = Device.Host.Empty(Shape, DType);
        var bytes = DType.Bytes(Elements);
        for (var done = 0L; done < bytes; done += Piece)
            Device.Download(Storage, offset + done, new Span<byte>(copy.Bytes + done, (int)Math.Min(Piece, bytes - done)));
        return copy;
    }

    /// <summary>Overwrites the values with those of a host tensor of the same shape and type.</summary>
    internal void Upload(Tensor values)
    {
        Unpack();
        var bytes = DType.Bytes(Elements);
        for (var done = 0L; done < bytes; done += Piece)
            Device.Upload(new ReadOnlySpan<byte>(values.Bytes + done, (int)Math.Min(Piece, bytes - done)), Storage, offset + done);
    }

    /// <summary>Value of a one-element tensor, downloaded.</summary>
    public double Item() => Elements == 1 ? Read(x => x.Value(0)) : throw new ShapeException($"Item() of a tensor of shape {Shape}; expected one element");

    /// <summary>Element i in row-major order, as double, for any dtype. On a <see cref="HostDevice"/> only.</summary>
    public double Value(long i) => (ulong)i >= (ulong)Elements ? throw new ShapeException($"element {i} of a tensor of shape {Shape}") : DType switch
    {
        DType.F32 => ((float*)Bytes)[i],
        DType.F64 => ((double*)Bytes)[i],
        DType.BF16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)Bytes)[i] << 16),
        DType.F16 => (double)((Half*)Bytes)[i],
        DType.I32 => ((int*)Bytes)[i],
        DType.I8 => ((sbyte*)Bytes)[i],
        DType.U8 => Bytes[i],
        _ => QuantizedFormats.Of(DType).Value(Bytes, i),
    };

    /// <summary>Sets element i from a double, rounded to nearest, ties to even. On a <see cref="HostDevice"/> only.</summary>
    public void SetValue(long i, double value)
    {
        if ((ulong)i >= (ulong)Elements)
            throw new ShapeException($"element {i} of a tensor of shape {Shape}");
        switch (DType)
        {
            case DType.F32: ((float*)Bytes)[i] = (float)value; break;
            case DType.F64: ((double*)Bytes)[i] = value; break;
            case DType.BF16: ((ushort*)Bytes)[i] = Rounding.ToBF16((float)value); break;
            case DType.F16: ((Half*)Bytes)[i] = (Half)value; break;
            case DType.I32: ((int*)Bytes)[i] = (int)value; break;
            case DType.I8: ((sbyte*)Bytes)[i] = (sbyte)value; break;
            case DType.U8: Bytes[i] = (byte)value; break;
            default: throw new ShapeException($"tensor {Shape} is {DType}: single elements of a quantised tensor cannot be set; quantise whole rows");
        }
    }

    /// <summary>All values as doubles, downloaded, for any dtype.</summary>
    public double[] ToDoubles() => Read(x =>
    {
        var values = new double[x.Elements];
        if (QuantizedFormats.Find(x.DType) is { } format)
        {
            var floats = new float[values.Length];
            format.Decode(new ReadOnlySpan<byte>(x.Bytes, checked((int)x.DType.Bytes(x.Elements))), floats);
            return Array.ConvertAll(floats, v => (double)v);
        }
        for (var i = 0; i < values.Length; i++)
            values[i] = x.Value(i);
        return values;
    });

    /// <summary>Bytes of rows [first, first + count) as stored, at most 2^31 - 1 of them. On a <see cref="HostDevice"/> only.</summary>
    public ReadOnlySpan<byte> RowBytes(int first, int count)
    {
        if (first < 0 || count < 0 || Shape.Rank == 0 || first > Shape[0] - count)
            throw new ShapeException($"rows {first} to {first + count} of a tensor of shape {Shape}");
        var row = DType.Bytes(Elements / Math.Max(1, Shape[0]));
        return new(Bytes + first * row, checked((int)(count * row)));
    }

    /// <summary>The values of a row of the first axis as floats, whatever the dtype. On a <see cref="HostDevice"/> only.</summary>
    public void ReadRow(int row, Span<float> to)
    {
        var bytes = RowBytes(row, 1);
        if (QuantizedFormats.Find(DType) is { } format)
        {
            format.Decode(bytes, to);
            return;
        }
        if (bytes.Length != (long)to.Length * DType.Size())
            throw new ShapeException($"a row of a tensor {Shape} read to {to.Length} floats");
        fixed (byte* from = bytes)
        fixed (float* floats = to)
        {
            if (DType == DType.F32)
                bytes.CopyTo(new Span<byte>(floats, bytes.Length));
            else if (DType is DType.F16 or DType.BF16)
                Cpu.Pack.Widen<Cpu.Lanes8>(DType, (ushort*)from, floats, to.Length);
            else
            {
                for (var i = 0; i < to.Length; i++)
                    floats[i] = (float)Value((long)row * to.Length + i);
            }
        }
    }

    /// <summary>Marks the tensor as a leaf: the backward pass computes and keeps its gradient.</summary>
    public Tensor Watch()
    {
        if (DType.IsQuantized())
            throw new ShapeException($"tensor {Shape} is {DType}: quantised weights are frozen and have no gradient");
        RequiresGrad = IsLeaf = true;
        return this;
    }

    /// <summary>Computes gradients from this one-element tensor back through the open <see cref="Tape"/>.</summary>
    public void Backward() => (Tape.Current ?? throw new InvalidOperationException("Backward needs an open Tape")).Backward(this);

    /// <summary>Whether no other tensor and no mapped file shares these bytes.</summary>
    internal bool OwnsItsBytes => storage is { IsExclusive: true };

    /// <summary>Moves the buffer to a new tensor outside all scopes; using this one afterwards throws.</summary>
    internal Tensor Surrender()
    {
        var heir = View(Shape, DType, 0).Unscoped();
        Dispose();
        surrendered = true;
        return heir;
    }

    T Read<T>(Func<Tensor, T> read)
    {
        if (Device is HostDevice)
            return read(this);
        using var here = Download();
        return read(here);
    }

    Exception Unreadable() => storage is null ? Released()
        : new NotSupportedException($"tensor {Shape} {DType} is on device '{Device.Name}', whose memory the host cannot read: call Download first");

    Exception Released() => surrendered
        ? new InvalidOperationException($"tensor {Shape} {DType}: the backward pass wrote its gradient over its values; read or copy them before Backward")
        : new ObjectDisposedException(null, $"tensor {Shape} {DType}: its scope has closed; call Keep on the scope, or use the tensor inside it");

    /// <summary>Removes the tensor from all scopes: it lives until it is disposed of or collected.</summary>
    public Tensor Unscoped()
    {
        while (Scope is { } scope)
            scope.Keep(this);
        return this;
    }

    /// <summary>
    /// Quantised weights in the order in which the CPU's products read them. Made when a product first needs them, and only if the host can read the
    /// storage.
    /// </summary>
    internal PackedWeights? Packed { get; set; }

    /// <summary>Discards the packed form because the values change or are released.</summary>
    internal void Unpack()
    {
        Packed?.Free();
        Packed = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Unpack();
        storage?.Release();
        storage = null;
    }

    /// <summary>Shape, type and the first values.</summary>
    public override string ToString()
    {
        const int Most = 16;
        if (IsDisposed)
            return $"Tensor {Shape} {DType} (released)";
        var values = Read(x =>
            string.Join(", ",
            Enumerable.Range(0, (int)Math.Min(Elements, Most)).Select(i => x.Value(i).ToString("G6", System.Globalization.CultureInfo.InvariantCulture))));
        return Shape.Rank == 0 ? $"Tensor {Shape} {DType} {values}" : $"Tensor {Shape} {DType} [{values}{(Elements > Most ? ", …" : "")}]";
    }
}
