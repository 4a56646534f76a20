using Nonet.Tensors.Quantization;
using Xunit;

namespace Nonet.Tensors.Tests.Quantization;

public class FormatTests
{
    public static TheoryData<DType> Types => [.. QuantizedFormats.All.Select(f => f.Type)];

    [Fact]
    public void Every_quantised_type_has_a_format_and_no_other_type_has()
    {
        foreach (var type in Enum.GetValues<DType>())
        {
            Assert.Equal(type >= DType.Q8_0, type.IsQuantized());
            Assert.Equal(type.IsQuantized(), QuantizedFormats.Named(type.ToString())?.Type == type);
        }
        Assert.Equal(QuantizedFormats.All.Count, QuantizedFormats.All.Select(f => f.GgmlType).Distinct().Count());
    }

    /// <summary>Root mean square error over that of the values, of normal ones: a little above what was measured.</summary>
    static readonly Dictionary<DType, double> errors = new()
    {
        [DType.Q8_0] = 0.006,
        [DType.Q4_0] = 0.10,
        [DType.Q4_1] = 0.09,
        [DType.Q5_0] = 0.05,
        [DType.Q5_1] = 0.045,
        [DType.Q2_K] = 0.33,
        [DType.Q3_K] = 0.17,
        [DType.Q4_K] = 0.08,
        [DType.Q5_K] = 0.04,
        [DType.Q6_K] = 0.02,
        [DType.IQ4_NL] = 0.085,
    };

    [Theory, MemberData(nameof(Types))]
    public void Encoded_values_come_back_within_the_formats_error(DType type)
    {
        var format = QuantizedFormats.Of(type);
        float[] x = [.. Seeded.Normal(64, 256).Values.Select(v => (float)v)], y = new float[x.Length];
        var blocks = new byte[type.Bytes(x.Length)];
        format.Encode(x, blocks);
        format.Decode(blocks, y);
        var error = Math.Sqrt(x.Zip(y, (a, b) => (a - b) * (double)(a - b)).Sum() / x.Sum(a => a * (double)a));
        Assert.True(error < errors[type] && error > errors[type] / 2, $"{type}: {error:F4}");
    }

    [Theory, MemberData(nameof(Types))]
    public void Zeros_constants_and_a_single_spike_survive(DType type)
    {
        var format = QuantizedFormats.Of(type);
        var y = new float[256];
        var blocks = new byte[type.Bytes(256)];
        foreach (var (value, spike) in new[] { (0f, 0f), (0f, 1f), (0f, -3f), (-0.5f, -0.5f), (0.25f, 0.25f) })
        {
            float[] x = [.. Enumerable.Range(0, 256).Select(i => i == 77 ? spike : value)];
            format.Encode(x, blocks);
            format.Decode(blocks, y);
            for (var i = 0; i < 256; i++)
                Assert.True(Math.Abs(y[i] - x[i]) <= 0.05 * Math.Max(Math.Abs(spike), Math.Abs(value)), $"{type}: {value}, {spike} at {i}: {y[i]}");
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void What_a_format_decodes_to_it_encodes_with_little_further_error(DType type)
    {
        var format = QuantizedFormats.Of(type);
        float[] x = [.. Seeded.Normal(4, 256).Values.Select(v => (float)v)], y = new float[x.Length], z = new float[x.Length];
        var blocks = new byte[type.Bytes(x.Length)];
        format.Encode(x, blocks);
        format.Decode(blocks, y);
        format.Encode(y, blocks);
        format.Decode(blocks, z);
        Assert.True(y.Zip(z, (a, b) => (a - b) * (double)(a - b)).Sum() < x.Zip(y, (a, b) => (a - b) * (double)(a - b)).Sum());
    }

    [Fact]
    public void Activations_are_rounded_to_even_and_their_scale_to_half_precision()
    {
        var x = new float[32];
        (x[0], x[1], x[2], x[3]) = (127, 0.5f, 1.5f, -2.5f);
        var q = new sbyte[32];
        Assert.Equal(1, ActivationRounding.Of32.Round(x, q));
        Assert.Equal([127, 0, 2, -2], q[..4]);
        x[0] = 100;
        Assert.Equal((float)(Half)(100f / 127), ActivationRounding.Of32.Round(x, q));
    }

    [Theory]
    [InlineData(32), InlineData(256)]
    public void Activations_are_rounded_in_registers_as_one_by_one(int elements)
    {
        var rounding = elements == 32 ? ActivationRounding.Of32 : ActivationRounding.Of256;
        var key = new RandomKey(4, 0, 0);
        var (x, q) = (new float[elements], new sbyte[elements]);
        for (var round = 0UL; round < 300; round++)
        {
            for (var i = 0; i < elements; i++)
                x[i] = (float)(Math.Pow(10, Philox.Below(key, round, 12) - 6) * Philox.Normal(key.At(1), round * 256 + (ulong)i));
            if (round == 0)
                Array.Clear(x);
            if (round is 1 or 2)
                x[elements - 2] = round == 1 ? float.NaN : float.NegativeInfinity;
            var d = rounding.Round(x, q);
            Assert.Equal(round is 1 or 2, float.IsNaN(d));
            var extreme = x.MaxBy(Math.Abs);
            for (var i = 0; i < elements; i++)
            {
                var inverse = elements == 32 ? 127 / Math.Abs(extreme) : -127 / extreme;
                Assert.Equal(round < 3 ? 0 : (sbyte)MathF.Round(x[i] * inverse), q[i]);
            }
            if (round > 2)
                Assert.Equal(elements == 32 ? (float)(Half)(Math.Abs(extreme) / 127) : 1 / (-127 / extreme), d);
        }
    }

    [Fact]
    public void Blocks_that_do_not_fit_are_refused() =>
        Assert.Contains("expected blocks of 256 elements in 144 bytes",
            Assert.Throws<ShapeException>(() => new Q4_K().Encode(new float[256], new byte[143])).Message, StringComparison.Ordinal);
}
