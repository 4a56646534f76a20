using System.Runtime.InteropServices;
using Nonet.Formats.Gguf;
using Nonet.Tensors;
using Nonet.Tensors.Quantization;

namespace Nonet.Tests.Formats.Gguf;

public class GgufBlocksTests
{
    static readonly byte[] half = BitConverter.GetBytes((Half)0.5f), quarter = BitConverter.GetBytes((Half)0.25f);

    static float[] Decode(string type, byte[] blocks)
    {
        var format = QuantizedFormats.Named(type)!;
        var values = new float[blocks.Length / format.BlockBytes * format.BlockElements];
        format.Decode(blocks, values);
        return values;
    }

    static byte[] Encode(float[] x, string type = "Q8_0")
    {
        var format = QuantizedFormats.Named(type)!;
        var blocks = new byte[format.Type.Bytes(x.Length)];
        format.Encode(x, blocks);
        return blocks;
    }

    [Fact] // by hand: element i has the quants of the comments
    public void Blocks_of_32_by_hand()
    {
        byte[] nibbles = [.. Enumerable.Range(0, 16).Select(i => (byte)(i | (15 - i) << 4))]; // i, then 15 - i
        Assert.Equal([.. Enumerable.Range(0, 16).Select(i => (i - 8) * 0.5f), .. Enumerable.Range(0, 16).Select(i => (7 - i) * 0.5f)],
            Decode("Q4_0", [.. half, .. nibbles]));
        Assert.Equal([.. Enumerable.Range(0, 16).Select(i => i * 0.5f + 0.25f), .. Enumerable.Range(0, 16).Select(i => (15 - i) * 0.5f + 0.25f)],
            Decode("Q4_1", [.. half, .. quarter, .. nibbles]));
        byte[] fifth = [0b01, 0, 0b10, 0]; // of elements 0 and 17
        float[] five = [.. Enumerable.Range(0, 32).Select(i => (i < 16 ? i : 31 - i) + (i is 0 or 17 ? 16f : 0))];
        Assert.Equal(five.Select(q => (q - 16) * 0.5f), Decode("Q5_0", [.. half, .. fifth, .. nibbles]));
        Assert.Equal(five.Select(q => q * 0.5f + 0.25f), Decode("Q5_1", [.. half, .. quarter, .. fifth, .. nibbles]));
        byte[] eight = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 8 - 128))];
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (i * 8 - 128) * 0.5f), Decode("Q8_0", [.. half, .. eight]));
    }

    [Fact]
    public void Q8_0_is_encoded_as_rounded_multiples()
    {
        float[] x = [.. Enumerable.Range(0, 32).Select(i => (i - 16) / 4f)]; // the largest is 4: d = 4 / 127
        var blocks = Encode(x);
        var d = 4f / 127;
        Assert.Equal((float)(Half)d, (float)BitConverter.ToHalf(blocks));
        Assert.Equal(x.Select(v => (sbyte)MathF.Round(v * (1 / d), MidpointRounding.AwayFromZero)), blocks.Skip(2).Select(b => (sbyte)b));
        Assert.All(Decode("Q8_0", blocks).Zip(x), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= d));
        Assert.All(Decode("Q8_0", Encode(new float[32])), value => Assert.Equal(0, value));
    }

    [Fact] // random bytes, every bit of the result
    public void Every_type_decodes_as_ggml_does()
    {
        const int Blocks = 300;
        const string Script = """
            import sys, ctypes, numpy as np
            lib = ctypes.CDLL('libggml-base.so.0')
            for line in open(sys.argv[1] + '/types'):
                name, elements = line.split()
                x = open(f'{sys.argv[1]}/{name}', 'rb').read()
                y = np.zeros(int(elements), np.float32)
                f = getattr(lib, 'dequantize_row_' + name)
                f.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int64]
                f.restype = None
                f(x, y.ctypes.data, int(elements))
                y.tofile(f'{sys.argv[1]}/{name}.f32')
            """;
        using var peer = new Peer();
        var random = new Random(7);
        string[] types = [.. QuantizedFormats.All.Select(f => f.Name)];
        var bytes = new Dictionary<string, byte[]>();
        foreach (var type in types)
        {
            var blocks = bytes[type] = new byte[Blocks * GgufType.Named(type).BlockBytes];
            random.NextBytes(blocks);
            File.WriteAllBytes(Path.Combine(peer.Folder, Name(type)), blocks);
        }
        File.WriteAllLines(Path.Combine(peer.Folder, "types"), types.Select(t => $"{Name(t)} {Blocks * GgufType.Named(t).BlockElements}"));
        peer.Python("-c", Script, peer.Inside);
        foreach (var type in types)
        {
            var theirs = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(peer.Folder, Name(type) + ".f32"))).ToArray();
            var ours = Decode(type, bytes[type]);
            for (var i = 0; i < ours.Length; i++)
                Assert.True(float.IsNaN(ours[i]) && float.IsNaN(theirs[i])
                    || BitConverter.SingleToInt32Bits(ours[i]) == BitConverter.SingleToInt32Bits(theirs[i]),
                    $"{type}, element {i}: {ours[i]:R}, theirs {theirs[i]:R}");
        }
    }

    [Fact] // every bit
    public void Every_type_encodes_as_llama_quantize_does_without_an_importance_matrix()
    {
        const int Rows = 64, Width = 512;
        const string Script = """
            import sys, ctypes, numpy as np
            lib = ctypes.CDLL('libggml-base.so.0')
            for line in open(sys.argv[1] + '/types'):
                name, bytes = line.split()
                x = np.fromfile(sys.argv[1] + '/x', np.float32)
                y = np.zeros(int(bytes), np.uint8)
                f = getattr(lib, 'quantize_' + name)
                f.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
                f.restype = ctypes.c_size_t
                f(x.ctypes.data, y.ctypes.data, int(sys.argv[2]), int(sys.argv[3]), None)
                y.tofile(f'{sys.argv[1]}/{name}.blocks')
            """;
        using var peer = new Peer();
        var x = new float[Rows * Width];
        for (var i = 0; i < x.Length; i++)
            x[i] = (float)(0.02 * (i / Width % 7 == 3 ? 20 : 1) * Philox.Normal(new RandomKey(5, 0, 0), (ulong)i))
                * (i / Width % 11 == 5 && i % 3 == 0 ? 0 : 1);
        File.WriteAllBytes(Path.Combine(peer.Folder, "x"), MemoryMarshal.AsBytes(x.AsSpan()).ToArray());
        File.WriteAllLines(Path.Combine(peer.Folder, "types"), QuantizedFormats.All.Select(f => $"{Name(f.Name)} {f.Type.Bytes(x.Length)}"));
        peer.Python("-c", Script, peer.Inside, $"{Rows}", $"{Width}");
        foreach (var format in QuantizedFormats.All)
        {
            byte[] theirs = File.ReadAllBytes(Path.Combine(peer.Folder, Name(format.Name) + ".blocks")), ours = Encode(x, format.Name);
            var blocks = ours.Length / format.BlockBytes;
            var equal = Enumerable.Range(0, blocks)
                .Count(b => ours.AsSpan(b * format.BlockBytes, format.BlockBytes).SequenceEqual(theirs.AsSpan(b * format.BlockBytes, format.BlockBytes)));
            Assert.True(equal == blocks, $"{format.Name}: {equal} of {blocks} blocks are equal");
        }
    }

    static string Name(string type) =>
        type.StartsWith("IQ", StringComparison.Ordinal) ? "iq" + type[2..].ToLowerInvariant() : type[..1].ToLowerInvariant() + type[1..];
}
