namespace Nonet.Tensors.Cpu;

/// <summary>
/// One factor of a product as it lies in memory: row-major with a row stride, possibly to be read transposed, in F32, BF16, F16 or quantised,
/// possibly through a nonlinearity (f(x), or f(gate) * up) that is applied while it is packed, so its result is never stored.
/// </summary>
unsafe struct Operand
{
    public void* Data;
    public DType Type;

    /// <summary>Elements from one stored row to the next.</summary>
    public nint Stride;

    /// <summary>The product uses the transpose of what is stored.</summary>
    public bool Transposed;

    public Activation Activation;

    /// <summary>Where not null: the factor is f(Data) * Up, both stored alike.</summary>
    public float* Up;

    public static Operand Of(Tensor x, bool transposed = false) =>
        new() { Data = x.Bytes, Type = x.DType, Stride = x.Shape.Last, Transposed = transposed };

    public readonly bool IsPlain => Type == DType.F32 && Activation == Activation.None && Up is null;

    public readonly float* F32 => (float*)Data;
}
