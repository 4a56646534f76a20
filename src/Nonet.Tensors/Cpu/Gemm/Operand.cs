namespace Nonet.Tensors.Cpu;

/// <summary>
/// One factor of a product as it is stored: row-major with a row stride, in F32, BF16, F16 or quantised. It may be read transposed. It may pass
/// through a nonlinearity (f(x), or f(gate) * up) while it is packed, so the result of the nonlinearity is never stored.
/// </summary>
unsafe struct Operand
{
    public void* Data;
    public DType Type;

    /// <summary>Elements from one stored row to the next.</summary>
    public nint Stride;

    /// <summary>Whether the product uses the transpose of the stored matrix.</summary>
    public bool Transposed;

    public Activation Activation;

    /// <summary>If not null, the factor is f(Data) * Up; both have the same layout.</summary>
    public float* Up;

    public static Operand Of(Tensor x, bool transposed = false) =>
        new() { Data = x.Bytes, Type = x.DType, Stride = x.Shape.Last, Transposed = transposed };

    public readonly bool IsPlain => Type == DType.F32 && Activation == Activation.None && Up is null;

    public readonly float* F32 => (float*)Data;
}
