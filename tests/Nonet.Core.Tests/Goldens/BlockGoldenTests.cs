using System.Runtime.InteropServices;
using Nonet.Tensors;
using Nonet.Tensors.Quantization;

namespace Nonet.Tests.Goldens;

/// <summary>What ggml decodes random blocks to, and what it quantises values to without an importance matrix: every bit.</summary>
public class BlockGoldenTests
{
    public static TheoryData<DType> Types => [.. QuantizedFormats.All.Select(f => f.Type)];

    [Theory, MemberData(nameof(Types))]
    public void Blocks_decode_and_encode_as_in_ggml(DType type)
    {
        var format = QuantizedFormats.Of(type);
        var golden = File.ReadAllBytes(Golden.Path(Path.Combine("blocks", $"{NameOf(format)}.bin")));
        var values = Floats(File.ReadAllBytes(Golden.Path(Path.Combine("blocks", "values.bin"))));
        var bytes = (int)type.Bytes(values.Length);
        Assert.Equal(2 * bytes + 4 * values.Length, golden.Length);
        var decoded = new float[values.Length];
        format.Decode(golden.AsSpan(0, bytes), decoded);
        var want = Floats(golden[bytes..(bytes + 4 * values.Length)]);
        for (var i = 0; i < want.Length; i++)
            Assert.True(float.IsNaN(want[i]) && float.IsNaN(decoded[i])
                || BitConverter.SingleToInt32Bits(want[i]) == BitConverter.SingleToInt32Bits(decoded[i]), $"element {i}: {decoded[i]:R}, theirs {want[i]:R}");
        var encoded = new byte[bytes];
        format.Encode(values, encoded);
        Assert.Equal(golden[^bytes..], encoded);
    }

    static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    static string NameOf(QuantizedFormat format) =>
        format.Name.StartsWith("IQ", StringComparison.Ordinal) ? format.Name.ToLowerInvariant() : "q" + format.Name[1..];
}
