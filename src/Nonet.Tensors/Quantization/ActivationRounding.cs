using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>
/// Rounds activations to bytes q with a scale d, for a product with quantised weights. The scale of a block with a NaN or an infinity is NaN.
/// </summary>
public abstract unsafe class ActivationRounding
{
    private protected ActivationRounding()
    {
    }

    /// <summary>Blocks of 32, for weights in blocks of 32.</summary>
    public static ActivationRounding Of32 { get; } = new By32();

    /// <summary>Blocks of 256, for weights in blocks of 256.</summary>
    public static ActivationRounding Of256 { get; } = new By256();

    /// <summary>Elements of a block.</summary>
    public abstract int Elements { get; }

    /// <summary>Rounds a block, in single precision as llama.cpp does.</summary>
    /// <returns>The scale d.</returns>
    public float Round(ReadOnlySpan<float> x, Span<sbyte> q)
    {
        if (x.Length != Elements || q.Length != Elements)
            throw new ShapeException($"{x.Length} activations to {q.Length} bytes; expected {Elements} of each");
        fixed (float* from = x)
        fixed (sbyte* to = q)
            return Round(from, to);
    }

    private protected abstract float Round(float* x, sbyte* q);

    sealed class By32 : ActivationRounding
    {
        public override int Elements => 32;
        private protected override float Round(float* x, sbyte* q) => Rounding32.Round(x, q);
    }

    sealed class By256 : ActivationRounding
    {
        public override int Elements => 256;
        private protected override float Round(float* x, sbyte* q) => Rounding256.Round(x, q);
    }
}
