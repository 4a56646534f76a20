using Nonet.Tensors.Autograd;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors.Reference;

/// <summary>
/// Every op by its definition, in double, one element at a time: what the other devices are tested against. Slow on purpose.
/// Weights may be floats or quantised; activations and gradients are F64.
/// </summary>
public sealed unsafe partial class ReferenceDevice : HostDevice
{
    /// <summary>One without state of its own, for values that are read or shapes that are declared where no other device is at hand.</summary>
    public static ReferenceDevice Shared { get; } = new();

    /// <inheritdoc/>
    public override string Name => "reference";

    /// <inheritdoc/>
    public override DType Float => DType.F64;

    /// <summary>Activations are F64; masters may also be F32, and a cache any type of floats, rounded as they are written.</summary>
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

    /// <summary>Blocks decoded, to F32; null: the elements stand alone.</summary>
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
