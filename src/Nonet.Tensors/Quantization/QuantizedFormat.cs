using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Quantization;

/// <summary>
/// A type whose rows are blocks of several elements: small integers, and the scales that they share. Layouts:
/// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h.
/// </summary>
public abstract unsafe class QuantizedFormat
{
    private protected QuantizedFormat()
    {
    }

    /// <summary>Type of the tensors.</summary>
    public abstract DType Type { get; }

    /// <summary>Name in ggml.</summary>
    public string Name => Type.ToString();

    /// <summary>The type's number in a GGUF file.</summary>
    public abstract int GgmlType { get; }

    /// <summary>Elements of a block.</summary>
    public abstract int BlockElements { get; }

    /// <summary>Bytes of a block.</summary>
    public abstract int BlockBytes { get; }

    /// <summary>How activations are rounded before a product with such weights.</summary>
    public abstract ActivationRounding Rounding { get; }

    /// <summary>Decodes whole blocks, with the bits of ggml's reference implementation.</summary>
    public void Decode(ReadOnlySpan<byte> blocks, Span<float> x)
    {
        Check(x.Length, blocks.Length);
        fixed (byte* from = blocks)
        fixed (float* to = x)
        {
            for (var b = 0; b < x.Length / BlockElements; b++)
                Decode(from + (nint)b * BlockBytes, to + (nint)b * BlockElements);
        }
    }

    /// <summary>Quantises elements to whole blocks.</summary>
    public void Encode(ReadOnlySpan<float> x, Span<byte> blocks)
    {
        Check(x.Length, blocks.Length);
        fixed (float* from = x)
        fixed (byte* to = blocks)
        {
            for (var b = 0; b < x.Length / BlockElements; b++)
                Encode(from + (nint)b * BlockElements, to + (nint)b * BlockBytes);
        }
    }

    internal abstract void Decode(byte* block, float* x);

    private protected abstract void Encode(float* x, byte* block);

    /// <summary>Element i of a row of blocks.</summary>
    internal float Value(byte* blocks, long i)
    {
        var values = stackalloc float[256];
        Decode(blocks + i / BlockElements * BlockBytes, values);
        return values[i % BlockElements];
    }

    /// <summary>Elements [offset, offset + n) of rows of blocks.</summary>
    [SkipLocalsInit]
    internal void Decode(byte* blocks, nint offset, float* to, int n)
    {
        var values = stackalloc float[256];
        var block = blocks + offset / BlockElements * BlockBytes;
        for (var i = (int)(offset % BlockElements); n > 0; i = 0, block += BlockBytes)
        {
            var count = Math.Min(BlockElements - i, n);
            if (count == BlockElements)
                Decode(block, to);
            else
            {
                Decode(block, values);
                new ReadOnlySpan<float>(values + i, count).CopyTo(new Span<float>(to, count));
            }
            to += count;
            n -= count;
        }
    }

    /// <summary>16 values scale (q - zero) - least.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected static void Store(Vector128<byte> q, int zero, float scale, float least, float* x)
    {
        var (lower, upper) = Vector128.Widen(q);
        var (a, b) = Vector128.Widen(lower);
        var (c, d) = Vector128.Widen(upper);
        var (offset, factor, minimum) = (Vector128.Create(zero), Vector128.Create(scale), Vector128.Create(least));
        (factor * Vector128.ConvertToSingle(a.AsInt32() - offset) - minimum).Store(x);
        (factor * Vector128.ConvertToSingle(b.AsInt32() - offset) - minimum).Store(x + 4);
        (factor * Vector128.ConvertToSingle(c.AsInt32() - offset) - minimum).Store(x + 8);
        (factor * Vector128.ConvertToSingle(d.AsInt32() - offset) - minimum).Store(x + 12);
    }

    /// <summary>Kernels for registers of at most the given number of bits.</summary>
    internal abstract PanelKernels KernelsFor(int bits);

    /// <summary>All kernels that this processor has.</summary>
    internal abstract IEnumerable<PanelKernels> AllKernels { get; }

    private protected static PanelKernels Best<B>(int bits) where B : struct, IPanelBlocks
    {
        if (bits >= 512 && Avx512BW.IsSupported)
            return FasterKernels<B>.AtMost512;
        return Narrow<B>(bits);
    }

    /// <summary>Kernels of the best instruction set with registers of at most 256 bits.</summary>
    static PanelKernels Narrow<B>(int bits) where B : struct, IPanelBlocks =>
        bits >= 256 && AvxVnni.IsSupported ? new PanelKernels<Ints8, VnniProducts, B>()
        : bits >= 256 && Avx2.IsSupported ? new PanelKernels<Ints8, Avx2Products, B>()
        : Dp.IsSupported ? new PanelKernels<Ints4, ArmProducts, B>()
        : new PanelKernels<Ints4, PortableProducts, B>();

    /// <summary>
    /// Chooses between the 512-bit and the 256-bit kernels, because 512-bit code is slower on some processors. Both are timed, once per format. They
    /// give the same bits.
    /// </summary>
    static class FasterKernels<B> where B : struct, IPanelBlocks
    {
        public static readonly PanelKernels AtMost512 = PanelKernels.Faster(new PanelKernels<Ints16, Avx512Products, B>(), Narrow<B>(256));
    }

    private protected static IEnumerable<PanelKernels> Every<B>() where B : struct, IPanelBlocks
    {
        yield return new PanelKernels<Ints4, PortableProducts, B>();
        if (Dp.IsSupported)
            yield return new PanelKernels<Ints4, ArmProducts, B>();
        if (Avx2.IsSupported)
            yield return new PanelKernels<Ints8, Avx2Products, B>();
        if (AvxVnni.IsSupported)
            yield return new PanelKernels<Ints8, VnniProducts, B>();
        if (Avx512BW.IsSupported)
            yield return new PanelKernels<Ints16, Avx512Products, B>();
    }

    void Check(int elements, int bytes)
    {
        if (elements % BlockElements != 0 || bytes != elements / BlockElements * BlockBytes)
            throw new ShapeException($"{elements} elements in {bytes} bytes of {Name}; expected blocks of {BlockElements} elements in {BlockBytes} bytes");
    }

    internal static float Half(byte* x) => (float)BitConverter.UInt16BitsToHalf(*(ushort*)x);

    internal static void SetHalf(byte* x, float value) => *(ushort*)x = BitConverter.HalfToUInt16Bits((Half)value);
}

/// <summary>A format with blocks of 32 elements.</summary>
public abstract class SmallFormat : QuantizedFormat
{
    private protected SmallFormat()
    {
    }

    /// <inheritdoc/>
    public sealed override int BlockElements => 32;

    /// <inheritdoc/>
    public sealed override ActivationRounding Rounding => ActivationRounding.Of32;
}

/// <summary>A format with blocks of 256 elements.</summary>
public abstract class SuperFormat : QuantizedFormat
{
    private protected SuperFormat()
    {
    }

    /// <inheritdoc/>
    public sealed override int BlockElements => 256;

    /// <inheritdoc/>
    public sealed override ActivationRounding Rounding => ActivationRounding.Of256;
}
