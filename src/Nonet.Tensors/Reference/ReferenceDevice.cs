using Nonet.Tensors.Autograd;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors.Reference;

/// <summary>
/// Every op by its definition, in double, one element at a time. The other devices are tested against it. Slow on purpose. Weights may be floats or
/// quantised; activations and gradients are F64.
/// </summary>
public sealed unsafe partial class ReferenceDevice : HostDevice
{
    /// <summary>A shared device without state of its own. It reads values and declares shapes where no other device is available.</summary>
    public static ReferenceDevice Shared { get; } = new();

    /// <inheritdoc/>
    public override string Name => "reference";

    /// <inheritdoc/>
    public override DType Float => DType.F64;

    /// <summary>Activations are F64. Masters may also be F32, and a cache may have any float type; values are rounded when they are stored.</summary>
    public override bool Supports(TensorUse use, DType type) => use switch
    {
        TensorUse.Activations => type == DType.F64,
        TensorUse.Masters => type is DType.F64 or DType.F32,
        _ => type.IsFloat(),
    };

    /// <inheritdoc/>
    public override void Fill(Tensor x, double value)
    {
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, value);
    }

    /// <inheritdoc/>
    public override void Copy(Tensor x, Tensor y)
    {
        if (x.Elements != y.Elements)
            throw new ShapeException($"cannot copy {x.Shape} to {y.Shape}");
        if (y.DType.IsQuantized())
        {
            CopyBlocks(x, y);
            return;
        }
        using var plain = Plain(x);
        for (var i = 0L; i < x.Elements; i++)
            y.SetValue(i, (plain ?? x).Value(i));
    }

    /// <summary>The blocks decoded to F32; null if the type is not quantised.</summary>
    Tensor? Plain(Tensor x)
    {
        if (QuantizedFormats.Find(x.DType) is not { } format)
            return null;
        var plain = Empty(x.Shape, DType.F32);
        format.Decode(new ReadOnlySpan<byte>(x.Bytes, checked((int)x.DType.Bytes(x.Elements))), plain.AsSpan<float>());
        return plain;
    }

    static void CopyBlocks(Tensor x, Tensor y)
    {
        var bytes = new Span<byte>(y.Bytes, checked((int)y.DType.Bytes(y.Elements)));
        if (x.DType == y.DType)
            new ReadOnlySpan<byte>(x.Bytes, bytes.Length).CopyTo(bytes);
        else
            QuantizedFormats.Of(y.DType).Encode(x.AsSpan<float>(), bytes);
    }

    /// <inheritdoc/>
    public override void Accumulate(Tensor x, GradientTarget into)
    {
        for (var i = 0L; into.Wanted && i < x.Elements; i++)
            Put(into, i, x.Value(i));
    }

    /// <summary>Writes or adds one element of a gradient.</summary>
    static void Put(GradientTarget into, long i, double value) =>
        into.Tensor.SetValue(i, into.Add ? into.Tensor.Value(i) + value : value);
}
