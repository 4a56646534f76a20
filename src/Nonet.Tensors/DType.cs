using System.Diagnostics.CodeAnalysis;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors;

/// <summary>
/// Element types of a <see cref="Tensor"/>. From Q8_0 on they are quantised: a row consists of blocks of several elements, which a
/// <see cref="QuantizedFormat"/> describes. Quantised tensors are weights, which linear layers and embeddings accept.
/// </summary>
[SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "the names of ggml")]
public enum DType : byte
{
    /// <summary>32-bit float: activations, gradients and masters.</summary>
    F32,

    /// <summary>64-bit float, only on the reference device.</summary>
    F64,

    /// <summary>16-bit float with the exponent of F32.</summary>
    BF16,

    /// <summary>16-bit float of IEEE 754.</summary>
    F16,

    /// <summary>32-bit integer: ids and indices.</summary>
    I32,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>8-bit weights with a scale per block of 32.</summary>
    Q8_0,

    /// <summary>4-bit weights with a scale per block of 32.</summary>
    Q4_0,

    /// <summary>4-bit weights with a scale and a minimum per block of 32.</summary>
    Q4_1,

    /// <summary>5-bit weights with a scale per block of 32.</summary>
    Q5_0,

    /// <summary>5-bit weights with a scale and a minimum per block of 32.</summary>
    Q5_1,

    /// <summary>2-bit weights in super-blocks of 256.</summary>
    Q2_K,

    /// <summary>3-bit weights in super-blocks of 256.</summary>
    Q3_K,

    /// <summary>4-bit weights in super-blocks of 256.</summary>
    Q4_K,

    /// <summary>5-bit weights in super-blocks of 256.</summary>
    Q5_K,

    /// <summary>6-bit weights in super-blocks of 256.</summary>
    Q6_K,

    /// <summary>4-bit weights with a table of unequally spaced values, in blocks of 32.</summary>
    IQ4_NL,
}

/// <summary>Properties of the element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element. Throws for a quantised type.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 => 2,
        DType.I8 or DType.U8 => 1,
        _ when QuantizedFormats.Find(type) is { } format =>
            throw new ShapeException(
                $"{type} has blocks of {format.BlockElements} elements: only linear layers and embeddings accept such weights; copy them to F32 first"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown dtype"),
    };

    /// <summary>Elements of a block; 1 for a type that is not quantised.</summary>
    public static int BlockElements(this DType type) => QuantizedFormats.Find(type)?.BlockElements ?? 1;

    /// <summary>Bytes of a number of elements, which must be whole blocks.</summary>
    public static long Bytes(this DType type, long elements) =>
        QuantizedFormats.Find(type) is { } format ? elements / format.BlockElements * format.BlockBytes : elements * type.Size();

    /// <summary>Whether the elements are floating-point numbers.</summary>
    public static bool IsFloat(this DType type) => type is DType.F32 or DType.F64 or DType.BF16 or DType.F16;

    /// <summary>Whether the type is quantised.</summary>
    public static bool IsQuantized(this DType type) => QuantizedFormats.Find(type) is not null;

    /// <summary>Whether linear layers and embeddings accept weights of the type.</summary>
    public static bool IsWeight(this DType type) => type.IsFloat() || type.IsQuantized();
}
