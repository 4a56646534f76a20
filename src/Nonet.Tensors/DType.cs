namespace Nonet.Tensors;

/// <summary>Element types of a <see cref="Tensor"/>. F64 is the arithmetic of <see cref="Reference.ReferenceDevice"/> only.</summary>
public enum DType : byte { F32, F64, BF16, F16, I32, I8, U8 }

public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 => 2,
        DType.I8 or DType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown dtype"),
    };

    public static bool IsFloat(this DType type) => type is DType.F32 or DType.F64 or DType.BF16 or DType.F16;
}
