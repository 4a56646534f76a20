using System.IO.Compression;
using System.Text;
using Nonet.Files;
using Nonet.Formats.PyTorch;
using Nonet.Tensors;

namespace Nonet.Tests.Formats.PyTorch;

public sealed class PyTorchFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Opcodes of a pickle: texts for themselves, numbers as bytes.</summary>
    internal static byte[] Ops(params object[] parts) => [.. parts.SelectMany(p => p switch
    {
        string text => Encoding.Latin1.GetBytes(text),
        byte[] bytes => bytes,
        _ => [(byte)(int)p],
    })];

    internal static byte[] Word(string text) => [(byte)'X', (byte)text.Length, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];

    /// <summary>A tensor of torch.save: storage "0" of eight floats, some offset, shape and strides.</summary>
    internal static byte[] TensorOps(int offset, int[] shape, int[] strides, string type = "FloatStorage", string key = "0", int count = 8, string part = "") =>
        Ops(
        "ctorch._utils\n_rebuild_tensor_v2\n", "((", Word("storage"), $"ctorch\n{type}\n", Word(key), Word("cpu"), "K", count, part, "tQ", "K", offset,
        "(", shape.SelectMany(e => new[] { (byte)'K', (byte)e }).ToArray(), "t(", strides.SelectMany(e => new[] { (byte)'K', (byte)e }).ToArray(), "t", "\x89",
            "ccollections\nOrderedDict\n)RtR");

    internal static byte[] State(params (string Name, byte[] Value)[] items) =>
        Ops("\x80", 2, "}(", items.SelectMany(i => (byte[])[.. Word(i.Name), .. i.Value]).ToArray(), "u.");

    public static byte[] Sound => State(("a", TensorOps(0, [2, 4], [4, 1])), ("t", TensorOps(0, [4, 2], [1, 4])), ("part", TensorOps(3, [2], [2])));

    public static byte[] Archive(byte[] pickle, CompressionLevel level = CompressionLevel.NoCompression, string byteOrder = "little")
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            void Add(string name, byte[] content)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }

            Add("x/data.pkl", pickle);
            Add("x/byteorder", Encoding.ASCII.GetBytes(byteOrder));
            Add("x/data/0", [.. Enumerable.Range(0, 8).SelectMany(i => BitConverter.GetBytes((float)i))]);
        }
        return stream.ToArray();
    }

    string Write(byte[] archive)
    {
        File.WriteAllBytes(folder["x.pt"], archive);
        return folder["x.pt"];
    }

    string Refused(byte[] pickle) => Assert.Throws<MalformedFileException>(() => PyTorchFile.Open(Write(Archive(pickle)))).Message;

    static double[] Values(PyTorchFile file, string name)
    {
        using var scope = new TensorScope();
        return file.Tensors[name].Read(Models.TinyModels.Cpu).ToDoubles();
    }

    [Fact]
    public void Tensors_share_a_storage_and_have_strides()
    {
        var file = PyTorchFile.Open(Write(Archive(Sound)));
        Assert.Equal(["a", "part", "t"], file.Tensors.Keys.Order());
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], Values(file, "a"));
        Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7], Values(file, "t"));
        Assert.Equal([3, 5], Values(file, "part"));
        Assert.Equal("a [2, 4] F32", file.Tensors["a"].ToString());
    }

    [Fact] // x.expand(..) has a stride of 0
    public void A_storage_may_be_repeated()
    {
        var file = PyTorchFile.Open(
            Write(Archive(State(("row", TensorOps(2, [3, 2], [0, 1])), ("one", TensorOps(5, [4], [0])), ("many", TensorOps(0, [20, 8], [0, 1]))))));
        Assert.Equal([2, 3, 2, 3, 2, 3], Values(file, "row"));
        Assert.Equal([5, 5, 5, 5], Values(file, "one"));
        Assert.Equal(160, Values(file, "many").Length);
    }

    [Theory]
    [InlineData(20_000)]
    [InlineData(400_000)]
    public void A_value_within_values_is_named_in_a_few_words(int depth)
    {
        var clock = ThreadClock.Start();
        foreach (var ops in new[] { "N" + new string('Q', depth), ")" + new string('Q', depth), "N" + string.Concat(Enumerable.Repeat("\u0085", depth)) + ".",
            new string('(', depth) + "." })
            Assert.InRange(Refused(Ops("\x80", 2, ops)).Length, 1, 2000);
        clock.AssertAtMost(20);
    }

    [Fact]
    public void Values_beyond_any_model_and_axes_beyond_any_tensor_are_refused()
    {
        Assert.Contains("more than 4194304 values", Refused(Ops("\x80", 2, new string('}', 5_000_000))), StringComparison.Ordinal);
        Assert.Contains("at most 32", Refused(State(("a", TensorOps(0, [.. Enumerable.Repeat(1, 200)], [.. Enumerable.Repeat(1, 200)])))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_dict_beside_other_things_is_found() =>
        Assert.Equal(["w"],
            PyTorchFile.Open(Write(
            Archive(Ops("\x80", 2, "}(", Word("epoch"), "K", 3, Word("state_dict"), "}(", Word("w"), TensorOps(0, [8], [1]), "u", "u.")))).Tensors.Keys);

    [Theory]
    [InlineData("cos\nsystem\n(X\u0002\0\0\0lstR.", "the name os.system")]
    [InlineData("c__builtin__\neval\n.", "the name __builtin__.eval")]
    [InlineData("ctorch\nload\n.", "the name torch.load")]
    [InlineData("ctorch.storage\n_load_from_bytes\n.", "the name torch.storage._load_from_bytes")]
    [InlineData("cargparse\nNamespace\n)\u0081.", "the name argparse.Namespace")]
    [InlineData("(i__builtin__\neval\n.", "opcode 0x69")]
    [InlineData("}\u0081.", "opcode 0x81")]
    [InlineData("K\u0005.", "5 in its pickle")]
    [InlineData("}.", "a dictionary without tensors")]
    [InlineData("h\u0005.", "a reference to place 5")]
    [InlineData("t.", "no mark on the stack")]
    [InlineData("R.", "an empty stack")]
    [InlineData("X\u00ff\u00ff\u00ff\u00ffab", "4294967295 bytes")]
    [InlineData("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "18446744073709551615 bytes")]
    [InlineData("]", "1 bytes at byte 3")]
    public void What_is_no_dictionary_of_tensors_is_named(string ops, string message) =>
        Assert.Contains(message, Refused(Ops("\x80", 2, ops)), StringComparison.Ordinal);

    [Fact]
    public void A_tensor_beyond_its_storage_is_refused()
    {
        Assert.Contains("within its storage of 8 elements", Refused(State(("a", TensorOps(1, [8], [1])))), StringComparison.Ordinal);
        Assert.Contains("within its storage of 8 elements", Refused(State(("a", TensorOps(0, [3, 3], [3, 1])))), StringComparison.Ordinal);
        Assert.Contains("repeated elements", Refused(State(("a", TensorOps(0, [200, 200, 200, 200], [0, 0, 0, 0])))), StringComparison.Ordinal);
        Assert.Contains("no entry 'x/data/7'", Refused(State(("a", TensorOps(0, [8], [1], key: "7")))), StringComparison.Ordinal);
        Assert.Contains("expected 9 elements of F32", Refused(State(("a", TensorOps(0, [8], [1], count: 9)))), StringComparison.Ordinal);
        Assert.Contains("the name torch.QInt8Storage", Refused(State(("a", TensorOps(0, [8], [1], type: "QInt8Storage")))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_of_another_kind_is_named()
    {
        string Message(byte[] archive) => Assert.Throws<MalformedFileException>(() => PyTorchFile.Open(Write(archive))).Message;
        var large = State(("a", TensorOps(0, [8], [1])), (new string('n', 200), TensorOps(0, [8], [1])));
        Assert.Contains("compressed (method 8)", Message(Archive(large, CompressionLevel.Optimal)), StringComparison.Ordinal);
        Assert.Contains("a byte order", Message(Archive(Sound, byteOrder: "big")), StringComparison.Ordinal);
        Assert.Contains("neither a zip archive nor a pickle", Message(new byte[100]), StringComparison.Ordinal);
        Assert.Contains("no end of a zip directory", Message(Archive(Sound)[..^30]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_torch_saves_is_read()
    {
        const string Save = """
            import sys, torch
            d = {'a': torch.arange(12.).reshape(3, 4).t(), 'p': torch.nn.Parameter(torch.tensor([1., 2.])), 'h': torch.tensor([1.5, -2.]).half(), 'b': torch.tensor([1.5, 3.]).bfloat16(),
                 'i': torch.tensor([7, 8], dtype=torch.int32), 'l': torch.tensor([7, 8]), 's': torch.arange(10.)[2:7:2], 'f': torch.tensor([True, False]), 'd': torch.tensor([0.1], dtype=torch.float64),
                 'e': torch.zeros(0, 3), 'c': torch.tensor(2.5)}
            torch.save({'epoch': 3, 'state_dict': d, 'rate': 0.1, 'names': ['x', ('y', None)], 'on': True}, sys.argv[1] + '/x.pt')
            """;
        using var peer = new Peer();
        peer.Python("-c", Save, peer.Inside);
        var file = PyTorchFile.Open(Path.Combine(peer.Folder, "x.pt"));
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], Values(file, "a"));
        Assert.Equal([1, 2], Values(file, "p"));
        Assert.Equal([1.5, -2], Values(file, "h"));
        Assert.Equal([1.5, 3], Values(file, "b"));
        Assert.Equal([7, 8], Values(file, "i"));
        Assert.Equal([2, 4, 6], Values(file, "s"));
        Assert.Equal([1, 0], Values(file, "f"));
        Assert.Equal([0.1], file.Tensors["d"].Read(Models.TinyModels.Reference).ToDoubles());
        Assert.Empty(Values(file, "e"));
        Assert.Equal([2.5], Values(file, "c"));
        Assert.Null(file.Tensors["l"].DType);
        Assert.Contains("of I64", Assert.Throws<MalformedFileException>(() => Values(file, "l")).Message, StringComparison.Ordinal);
    }
}
