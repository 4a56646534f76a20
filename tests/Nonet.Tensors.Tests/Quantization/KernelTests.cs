using Nonet.Tensors.Cpu;
using Nonet.Tensors.Cpu.Quantized;
using Nonet.Tensors.Quantization;
using Xunit;

namespace Nonet.Tensors.Tests.Quantization;

/// <summary>Every instruction set that this processor has, beside the portable one, on blocks of every bit pattern.</summary>
public class KernelTests
{
    public static TheoryData<DType> Types => [.. QuantizedFormats.All.Select(f => f.Type)];

    [Theory, MemberData(nameof(Types))]
    public unsafe void Every_instruction_set_gives_the_bits_of_the_portable_twin(DType type)
    {
        const int Rows = 37;
        using var scope = new TensorScope();
        var (device, format) = (Op.Cpus[0], QuantizedFormats.Of(type));
        var width = format.BlockElements == 32 ? 512 + 3 * 32 : 512; // two pieces of a panel, and a shorter one
        var w = RandomBlocks(device, format, Rows, width);
        foreach (var m in new[] { 1, 2, 5, 8 })
        {
            var x = device.From(new Shape(m, width), Seeded.Normal(m, width).Values, DType.F32);
            for (var i = 0; i < width; i++)
                x.SetValue(i, i % 3 - 1 == 0 ? 1 : -1); // sums of the largest magnitude
            double[]? want = null;
            foreach (var kernels in format.AllKernels)
            {
                var packed = PackedWeights.Of(device, w, kernels);
                var y = device.Empty(new Shape(m, Rows));
                kernels.Run(device, Operand.Of(x), m, width, packed.Panels, Rows, y.F32, default);
                packed.Free();
                want ??= y.ToDoubles();
                Assert.Equal(want, y.ToDoubles());
            }
        }
    }

    /// <summary>Frozen weights in training: the activations are not rounded, so that the gradient is that of what was computed.</summary>
    [Theory, MemberData(nameof(Types))]
    public void Exact_products_are_those_of_the_decoded_weights_and_pack_nothing(DType type)
    {
        var format = QuantizedFormats.Of(type);
        foreach (var cpu in Op.Cpus)
        {
            using var scope = new TensorScope();
            var w = RandomBlocks(cpu, format, 37, 512);
            w.HasExactProducts = true;
            var plain = cpu.Empty(w.Shape);
            cpu.Copy(w, plain);
            foreach (var m in new[] { 1, 3, 40 })
            {
                var x = Seeded.Normal(m, 512);
                var values = cpu.From(x.Shape, x.Values, DType.F32);
                var want = Ops.Linear(Op.Reference.From(x.Shape, x.Values, DType.F64), Op.Reference.Upload(plain)).ToDoubles();
                Op.Close(want, Ops.Linear(values, w).ToDoubles(), 2e-6, $"{type}, {m} rows, {cpu.VectorBits} bits");
                var reference = Op.Reference.Upload(w);
                reference.HasExactProducts = true;
                Op.Close(want, Ops.Linear(Op.Reference.From(x.Shape, x.Values, DType.F64), reference).ToDoubles(), 1e-9, $"{type}, its definition");
            }
            Assert.Null(w.Packed);
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void Packed_weights_multiply_as_decoded_ones(DType type)
    {
        using var scope = new TensorScope();
        var (device, format) = (Op.Cpus[0], QuantizedFormats.Of(type));
        var w = RandomBlocks(device, format, 37, 512);
        var x = Seeded.Normal(3, 512);
        var y = Ops.Linear(device.From(x.Shape, x.Values, DType.F32), w).ToDoubles();
        var want = Ops.Linear(Op.Reference.From(x.Shape, x.Values, DType.F64), Op.Reference.Upload(w)).ToDoubles();
        Op.Close(want, y, 1e-5, type.ToString());
    }

    [Theory, MemberData(nameof(Types))]
    public void A_scale_that_is_no_finite_number_is_named(DType type)
    {
        using var scope = new TensorScope();
        var (device, format) = (Op.Cpus[0], QuantizedFormats.Of(type));
        foreach (var bits in new ushort[] { 0x7c00, 0x7e01, 0xfc00, 0xffff })
        {
            var w = RandomBlocks(device, format, 20, 512);
            SetScale(w, format, row: 18, block: 1, bits);
            var e = Assert.Throws<CorruptBlockException>(() => Ops.Linear(device.Zeros(new Shape(1, 512)), w));
            Assert.Equal((type, 18, 1), (e.Type, e.Row, e.Block));
            Assert.Contains(type.ToString(), e.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Random bits, with scales about 2^-8.</summary>
    static unsafe Tensor RandomBlocks(CpuDevice device, QuantizedFormat format, int rows, int width)
    {
        var w = device.Empty(new Shape(rows, width), format.Type);
        var bytes = format.Type.Bytes(w.Elements);
        for (var i = 0L; i < bytes; i++)
            w.Bytes[i] = (byte)Philox.Below(new RandomKey(9, (uint)format.Type, 0), (ulong)i, 256);
        for (var row = 0; row < rows; row++)
        {
            for (var block = 0; block < width / format.BlockElements; block++)
                SetScale(w, format, row, block, BitConverter.HalfToUInt16Bits((Half)(0.001f * (row + 1) * (block % 2 == 0 ? 1 : -1))));
        }
        return w;
    }

    /// <summary>d, and m where there is one, wherever the format has them: found as the halves that make all values NaN.</summary>
    static unsafe void SetScale(Tensor w, QuantizedFormat format, int row, int block, ushort bits)
    {
        var start = w.Bytes + w.DType.Bytes((long)row * w.Shape[1]) + (nint)block * format.BlockBytes;
        foreach (var place in ScalePlaces(format))
            *(ushort*)(start + place) = bits;
    }

    static unsafe int[] ScalePlaces(QuantizedFormat format)
    {
        var (block, values) = (new byte[format.BlockBytes], new float[format.BlockElements]);
        var places = new List<int>();
        for (var place = 0; place + 1 < block.Length; place += 2)
        {
            Array.Clear(block);
            BitConverter.TryWriteBytes(block.AsSpan(place), (ushort)0x7e00);
            format.Decode(block, values);
            if (Array.TrueForAll(values, float.IsNaN))
                places.Add(place);
        }
        return [.. places];
    }
}
