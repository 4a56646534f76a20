using System.Diagnostics.CodeAnalysis;

namespace Nonet.Tensors;

/// <summary>
/// Element types of a <see cref="Tensor"/>. F64 is the arithmetic of <see cref="Reference.ReferenceDevice"/> only. Of a block type (Q8_0) rows are blocks of several elements;
/// its tensors are weights, taken by linear and embedding.
/// </summary>
[SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "the names of ggml")]
public enum DType : byte { F32, F64, BF16, F16, I32, I8, U8, Q8_0 }

public static class DTypes
{
    /// <summary>Bytes of one element. Throws for a block type.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 => 2,
        DType.I8 or DType.U8 => 1,
        DType.Q8_0 => throw new ShapeException($"{type} comes in blocks of {type.BlockElements()} elements: linear and embedding take such weights, this does not; copy them to F32 first"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown dtype"),
    };

    /// <summary>Elements of a block; 1 where each stands alone.</summary>
    public static int BlockElements(this DType type) => type == DType.Q8_0 ? Q8Block.Elements : 1;

    /// <summary>Bytes of so many elements, which are whole blocks.</summary>
    public static long Bytes(this DType type, long elements) => type == DType.Q8_0 ? elements / Q8Block.Elements * Q8Block.Bytes : elements * type.Size();

    public static bool IsFloat(this DType type) => type is DType.F32 or DType.F64 or DType.BF16 or DType.F16;

    /// <summary>Whether rows are blocks of several elements.</summary>
    public static bool IsQuantized(this DType type) => type == DType.Q8_0;

    /// <summary>Whether linear and embedding take weights of it.</summary>
    public static bool IsWeight(this DType type) => type.IsFloat() || type.IsQuantized();
}
