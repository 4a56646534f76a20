using System.Diagnostics.CodeAnalysis;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors;

/// <summary>
/// Element types of a <see cref="Tensor"/>. F64 is the arithmetic of <see cref="Reference.ReferenceDevice"/> only. From Q8_0 on they are quantised: rows are blocks of several elements, which a
/// <see cref="QuantizedFormat"/> describes. Tensors of these types are weights, which linear and embedding take.
/// </summary>
[SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "the names of ggml")]
public enum DType : byte { F32, F64, BF16, F16, I32, I8, U8, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL }

public static class DTypes
{
    /// <summary>Bytes of one element. Throws for a block type.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 => 2,
        DType.I8 or DType.U8 => 1,
        _ when QuantizedFormats.Find(type) is { } format =>
            throw new ShapeException($"{type} comes in blocks of {format.BlockElements} elements: linear and embedding take such weights, this does not; copy them to F32 first"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown dtype"),
    };

    /// <summary>Elements of a block; 1 where each stands alone.</summary>
    public static int BlockElements(this DType type) => QuantizedFormats.Find(type)?.BlockElements ?? 1;

    /// <summary>Bytes of so many elements, which are whole blocks.</summary>
    public static long Bytes(this DType type, long elements) => QuantizedFormats.Find(type) is { } format ? elements / format.BlockElements * format.BlockBytes : elements * type.Size();

    public static bool IsFloat(this DType type) => type is DType.F32 or DType.F64 or DType.BF16 or DType.F16;

    /// <summary>Whether rows are blocks of several elements.</summary>
    public static bool IsQuantized(this DType type) => QuantizedFormats.Find(type) is not null;

    /// <summary>Whether linear and embedding take weights of it.</summary>
    public static bool IsWeight(this DType type) => type.IsFloat() || type.IsQuantized();
}
