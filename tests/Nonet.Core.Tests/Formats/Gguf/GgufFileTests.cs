using System.Text;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Text;
using Nonet.Text.Bpe;

namespace Nonet.Tests.Formats.Gguf;

public sealed class GgufFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];
    static byte[] U32(uint value) => BitConverter.GetBytes(value);
    static byte[] U64(ulong value) => BitConverter.GetBytes(value);
    static byte[] Pair(string key, GgufValueType type, params byte[] value) => [.. Text(key), .. U32((uint)type), .. value];
    static byte[] TensorInfo(string name, uint type, ulong offset, params ulong[] extents) =>
        [.. Text(name), .. U32((uint)extents.Length), .. extents.SelectMany(U64), .. U32(type), .. U64(offset)];

    /// <summary>A header, filled up to 32 bytes, and data.</summary>
    static byte[] File(byte[][] pairs, byte[][] tensors, int data = 64, uint version = 3, string magic = "GGUF")
    {
        byte[] header = [.. Encoding.ASCII.GetBytes(magic), .. U32(version), .. U64((ulong)tensors.Length), .. U64((ulong)pairs.Length),
            .. pairs.SelectMany(p => p), .. tensors.SelectMany(t => t)];
        return [.. header, .. new byte[(32 - header.Length % 32) % 32], .. Enumerable.Range(0, data).Select(i => (byte)i)];
    }

    GgufFile Open(byte[] bytes) => GgufFile.Open(folder.Add("x.gguf", bytes));
    string Refused(byte[] bytes) => Assert.Throws<MalformedFileException>(() => Open(bytes)).Message;

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Metadata_of_every_type(uint version)
    {
        var m = Open(File(
        [
            Pair("u8", GgufValueType.U8, 200), Pair("i8", GgufValueType.I8, 200), Pair("u16", GgufValueType.U16, 1, 2),
            Pair("i16", GgufValueType.I16, 255, 255), Pair("u32", GgufValueType.U32, U32(uint.MaxValue)),
            Pair("i32", GgufValueType.I32, U32(uint.MaxValue)), Pair("f32", GgufValueType.F32, BitConverter.GetBytes(1.5f)),
            Pair("bool", GgufValueType.Bool, 1), Pair("text", GgufValueType.String, Text("hé")),
            Pair("u64", GgufValueType.U64, U64(ulong.MaxValue)), Pair("i64", GgufValueType.I64, U64(5)),
            Pair("f64", GgufValueType.F64, BitConverter.GetBytes(0.1)),
            Pair("texts", GgufValueType.Array, [.. U32(8), .. U64(2), .. Text("a"), .. Text("bc")]),
            Pair("numbers", GgufValueType.Array, [.. U32(5), .. U64(2), .. U32(7), .. U32(uint.MaxValue)]),
        ], [], version: version)).Metadata;
        Assert.Equal((200L, -56L, 513L, -1L, 4294967295L, -1L, 5L),
            (m.Integer("u8", null, 0, 255), m.Integer("i8", null, -128, 0), m.Integer("u16", null, 0, 999), m.Integer("i16", null, -1, 0),
            m.Integer("u32", null, 0, long.MaxValue), m.Integer("i32", null, -1, 0), m.Integer("i64", null, 0, 9)));
        Assert.Equal((1.5, 0.1, true, "hé"), (m.Number("f32", null), m.Number("f64", null), m.Flag("bool", false), m.Text("text")));
        Assert.Equal(["a", "bc"], m.Texts("texts"));
        Assert.Equal([7, -1], m.Numbers("numbers"));
        Assert.Equal((7L, 0.5, null, false), (m.Integer("none", 7, 0, 9), m.Number("none", 0.5), m.Text("none"), m.Has("none")));
        string Wrong(Action read) => Assert.Throws<MalformedFileException>(read).Message;
        Assert.Contains("metadata 'u64' = 18446744073709551615; expected a whole number from 0 to 9", Wrong(() => m.Integer("u64", null, 0, 9)),
            StringComparison.Ordinal);
        Assert.Contains("'text' that is String; expected a whole number", Wrong(() => m.Integer("text", null, 0, 9)), StringComparison.Ordinal);
        Assert.Contains("'texts' that is 2 of String; expected an array of numbers", Wrong(() => m.Numbers("texts")), StringComparison.Ordinal);
        Assert.Contains("no metadata 'none'", Wrong(() => m.Positive("none")), StringComparison.Ordinal);
        Assert.Contains("'f32' that is F32; expected a text", Wrong(() => m.Text("f32")), StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_lie_innermost_axis_first()
    {
        var file = Open(File([], [TensorInfo("a", 0, 0, 3, 2), TensorInfo("q", 8, 32, 32)], data: 96));
        Assert.Equal("a [2, 3] F32", file.Tensors["a"].ToString());
        Assert.Equal((24L, 34L), (file.Tensors["a"].Bytes, file.Tensors["q"].Bytes));
        using var scope = new TensorScope();
        Assert.Equal(BitConverter.ToSingle([4, 5, 6, 7]), file.Tensors["a"].Read(TinyModels.Cpu).AsSpan<float>()[1]);
        Assert.Equal(new Shape(32), file.Tensors["q"].Read(TinyModels.Cpu).Shape);
    }

    public static TheoryData<byte[], string> Bad => new()
    {
        { File([], [], magic: "GGUX"), "the first bytes" },
        { File([], [], version: 1), "version 1; expected a little-endian file of version 2 or 3" },
        { File([], [], version: 0x03000000), "a big-endian file" },
        { [.. "GGUF"u8, .. U32(3), .. U64(ulong.MaxValue), .. U64(0), .. new byte[8]], "a tensor count of 18446744073709551615" },
        { [.. "GGUF"u8, .. U32(3), .. U64(0), .. U64(1UL << 40), .. new byte[8]], "a metadata count of 1099511627776" },
        { File([Pair("a", (GgufValueType)13)], []), "metadata 'a' of type 13" },
        { File([Pair("a", GgufValueType.String, U64(1UL << 62))], []), "metadata 'a' of 4611686018427387904 bytes" },
        { File([Pair("a", GgufValueType.Array, [.. U32(6), .. U64(1UL << 60)])], []), "a metadata 'a' of 1152921504606846976" },
        { File([Pair("a", GgufValueType.Array, [.. U32(9), .. U64(1)])], []), "an array of arrays" },
        { File([Pair("a", GgufValueType.U8, 1), Pair("a", GgufValueType.U8, 1)], []), "two values of metadata 'a'" },
        { File([Pair("general.alignment", GgufValueType.U32, U32(0))], []), "'general.alignment' = 0" },
        { File([], [TensorInfo("a", 0, 0, 1, 1, 1, 1, 1)]), "tensor 'a' of 5 axes" },
        { File([], [TensorInfo("a", 4, 0, 32)]), "tensor 'a' of Q4_2, which was withdrawn" },
        { File([], [TensorInfo("a", 99, 0, 32)]), "tensor 'a' of type 99" },
        { File([], [TensorInfo("a", 8, 0, 33)]), "rows of 33 elements; expected a multiple of 32" },
        { File([], [TensorInfo("a", 0, 0, 17)]), "is the file truncated?" },
        { File([], [TensorInfo("a", 0, ulong.MaxValue - 31, 1)]), "is the file truncated?" },
        { File([], [TensorInfo("a", 0, 0, 1UL << 63, 2)]), "an extent of 9223372036854775808" },
        { File([], [TensorInfo("a", 0, 0, 1UL << 40, 1UL << 40)]), "an extent of" },
        { File([], [TensorInfo("a", 0, 16, 4)]), "at offset 16; expected a multiple of 32" },
        { File([], [TensorInfo("a", 0, 0, 16), TensorInfo("b", 0, 32, 4)]), "tensor 'b' at offset 32, inside the one before it" },
        { File([], [TensorInfo("a", 0, 0, 4), TensorInfo("a", 0, 32, 4)]), "two tensors 'a'" },
    };

    [Theory, MemberData(nameof(Bad))]
    public void What_is_wrong_is_named(byte[] bytes, string message)
    {
        Assert.StartsWith(folder["x.gguf"] + ": found ", Refused(bytes), StringComparison.Ordinal);
        Assert.Contains(message, Refused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_are_only_named_are_refused_when_read()
    {
        var file = Open(File([], [TensorInfo("a", 16, 0, 256)], data: 96));
        Assert.Equal(("IQ2_XXS", null), (file.Tensors["a"].Type, file.Tensors["a"].DType));
        Assert.Contains("tensor 'a' of IQ2_XXS", Assert.Throws<MalformedFileException>(() => file.Tensors["a"].Read(TinyModels.Cpu)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_architecture_that_is_not_supported_is_named()
    {
        folder.Add("x.gguf", File([Pair("general.architecture", GgufValueType.String, Text("mamba"))], []));
        Assert.Contains("architecture 'mamba'; expected one that is supported: gemma2, gemma3, gpt2, granite, llama, olmo2, phi3, qwen2, qwen3, qwen3moe",
            Assert.Throws<MalformedFileException>(() => GgufModel.Open(folder["x.gguf"])).Message, StringComparison.Ordinal);
        folder.Add("x.gguf", File([], []));
        Assert.Contains("no metadata 'general.architecture'", Assert.Throws<MalformedFileException>(() => GgufModel.Open(folder["x.gguf"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_goes_in_and_out()
    {
        var text = "The cat sat on the mat; the dog didn't. 123 naïve 北京";
        var tokenizer = BpeTrainer.Train([text, text], new BpeTrainerOptions { Vocab = 290 }, stopping: TestContext.Current.CancellationToken);
        using var store = TinyModels.Filled((ICausalModel)(TinyModels.LlamaConfig with { Vocab = 300 }).Create(new ParameterStore(TinyModels.Cpu).Root))
            .Parameters;
        GgufModel.Save(folder["x.gguf"], TinyModels.LlamaConfig with { Vocab = 300 }, store, tokenizer, stopping: TestContext.Current.CancellationToken);
        var read = Tokenizer.Load(folder["x.gguf"]);
        Assert.Equal(tokenizer.Encode(text), read.Encode(text));
        Assert.Equal(text, read.Decode(read.Encode(text)));
        Assert.Equal(tokenizer.EndOfText, read.EndOfText);
        GgufModel.Save(folder["y.gguf"], TinyModels.LlamaConfig with { Vocab = 300 }, store, new ByteTokenizer(),
            stopping: TestContext.Current.CancellationToken);
        Assert.IsType<ByteTokenizer>(Tokenizer.Load(folder["y.gguf"]));
        Assert.Contains("they do not belong together",
            Assert.Throws<ArgumentException>(() =>
            GgufModel.Save(folder["z.gguf"], TinyModels.LlamaConfig, store, tokenizer, stopping: TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
    }
}
