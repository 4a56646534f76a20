namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Bits of half-precision numbers.</summary>
static class F16
{
    /// <summary>Whether the number in the lower 16 bits is neither infinite nor a NaN.</summary>
    public static bool IsFinite(uint bits) => (bits & 0x7c00) != 0x7c00;
}
