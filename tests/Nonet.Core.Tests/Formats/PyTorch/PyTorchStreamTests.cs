using System.Text;
using Nonet.Files;
using Nonet.Formats.PyTorch;
using Nonet.Tensors;
using static Nonet.Tests.Formats.PyTorch.PyTorchFileTests;

namespace Nonet.Tests.Formats.PyTorch;

public sealed class PyTorchStreamTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly byte[] magic = Ops("\x80", 2, "\u008a", 10, "\x6c\u00fc\u009c\x46\u00f9\x20\x6a\u00a8\x50\x19.");
    static readonly byte[] version = Ops("\x80", 2, "M", 0xe9, 3, ".");
    static readonly byte[] machine = Ops("\x80", 2, "}(", Word("protocol_version"), "M", 0xe9, 3, Word("little_endian"), "\u0088u.");

    static byte[] Keys(params string[] keys) => Ops("\x80", 2, "](", keys.SelectMany(Word).ToArray(), "e.");

    /// <summary>A storage of so many floats 0, 1, ...</summary>
    static byte[] Floats(long count) => [.. BitConverter.GetBytes(count), .. Enumerable.Range(0, (int)count).SelectMany(i => BitConverter.GetBytes((float)i))];

    /// <summary>A tensor over a storage of eight floats; <paramref name="part"/>: its part of it.</summary>
    static byte[] Tensor(int offset, int[] shape, int[] strides, string key = "0", int count = 8, string type = "FloatStorage", string part = "N") =>
        TensorOps(offset, shape, strides, type, key, count, part);

    static byte[] Stream(byte[] state, byte[] keys, params byte[][] storages) =>
        [.. magic, .. version, .. machine, .. state, .. keys, .. storages.SelectMany(s => s)];

    public static byte[] Sound => Stream(
        State(("a", Tensor(0, [2, 4], [4, 1])), ("t", Tensor(0, [4, 2], [1, 4])), ("tied", Tensor(0, [2, 4], [4, 1])), ("other", Tensor(1, [2], [1], "7", 3))),
        Keys("7", "0"), Floats(3), Floats(8));

    PyTorchFile Open(byte[] file)
    {
        File.WriteAllBytes(folder["x.bin"], file);
        return PyTorchFile.Open(folder["x.bin"]);
    }

    string Refused(byte[] file) => Assert.Throws<MalformedFileException>(() => Open(file)).Message;

    static double[] Values(PyTorchFile file, string name)
    {
        using var scope = new TensorScope();
        return file.Tensors[name].Read(Models.TinyModels.Cpu).ToDoubles();
    }

    [Fact]
    public void Storages_lie_behind_the_pickles_in_the_order_of_their_list()
    {
        var file = Open(Sound);
        Assert.Equal(["a", "other", "t", "tied"], file.Tensors.Keys.Order());
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], Values(file, "a"));
        Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7], Values(file, "t"));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], Values(file, "tied"));
        Assert.Equal([1, 2], Values(file, "other"));
    }

    [Fact]
    public void A_part_of_a_storage_counts_from_its_own_start()
    {
        var part = Encoding.Latin1.GetString(Ops("(", Word("9"), "K", 2, "K", 4, "t"));
        Assert.Equal([3, 4, 5], Values(Open(Stream(State(("w", Tensor(1, [3], [1], part: part))), Keys("0"), Floats(8))), "w"));
        Assert.Contains("within its storage of 4 elements", Refused(Stream(State(("w", Tensor(2, [3], [1], part: part))), Keys("0"), Floats(8))),
            StringComparison.Ordinal);
        Assert.Contains("a part of storage '0'",
            Refused(Stream(State(("w", Tensor(0, [1], [1], part: part.Replace("K\u0004", "K\u0007", StringComparison.Ordinal)))), Keys("0"), Floats(8))),
            StringComparison.Ordinal);
    }

    /// <summary>Strings of Python 2 and its OrderedDict of pairs, as the first checkpoints have them.</summary>
    [Fact]
    public void What_Python_2_wrote_is_read()
    {
        var tensor = Tensor(0, [8], [1]);
        var state = Ops("\x80", 2, "ccollections\nOrderedDict\n](](", "U", 1, "w", tensor, "ee\u0085R.");
        Assert.Equal(["w"], Open(Stream(state, Keys("0"), Floats(8))).Tensors.Keys);
    }

    [Fact]
    public void An_empty_tensor_needs_no_elements()
    {
        var file = Open(Stream(State(("e", Tensor(0, [0, 3], [5, 2], count: 0))), Keys("0"), Floats(0)));
        Assert.Empty(Values(file, "e"));
    }

    [Fact]
    public void What_its_storages_do_not_hold_is_refused()
    {
        var state = State(("a", Tensor(0, [8], [1])));
        Assert.Contains("found 7 elements in storage '0'; expected 8 elements of F32", Refused(Stream(state, Keys("0"), Floats(7))), StringComparison.Ordinal);
        Assert.Contains("found storage '0' of 32 bytes", Refused(Stream(state, Keys("0"), Floats(8)[..^1])), StringComparison.Ordinal);
        Assert.Contains("found storage '0' of 8 bytes", Refused(Stream(state, Keys("0"), Floats(8)[..7])), StringComparison.Ordinal);
        Assert.Contains("found no storage '0'", Refused(Stream(state, Keys())), StringComparison.Ordinal);
        Assert.Contains("found the storage '0' in its list; expected one that a tensor uses, each once",
            Refused(Stream(state, Keys("0", "0"), Floats(8), Floats(8))), StringComparison.Ordinal);
        Assert.Contains("found the storage '5' in its list", Refused(Stream(state, Keys("0", "5"), Floats(8), Floats(8))), StringComparison.Ordinal);
        Assert.Contains("within its storage of 8 elements", Refused(Stream(State(("a", Tensor(1, [8], [1]))), Keys("0"), Floats(8))), StringComparison.Ordinal);
        Assert.Contains("as 8 elements of F16 and as 8 of F32",
            Refused(Stream(State(("a", Tensor(0, [8], [1])), ("b", Tensor(0, [8], [1], type: "HalfStorage"))), Keys("0"), Floats(8))),
            StringComparison.Ordinal);
        Assert.Contains("found two tensors 'a'", Refused(Stream(State(("a", Tensor(0, [8], [1])), ("a", Tensor(0, [8], [1]))), Keys("0"), Floats(8))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_of_another_kind_is_named()
    {
        Assert.Contains("without torch's magic number", Refused([.. State(("a", Ops("K", 1))), .. machine]), StringComparison.Ordinal);
        Assert.Contains("version 1000", Refused([.. magic, .. Ops("\x80", 2, "M", 0xe8, 3, "."), .. machine]), StringComparison.Ordinal);
        Assert.Contains("no description of the machine", Refused([.. magic, .. version, .. version]), StringComparison.Ordinal);
        Assert.Contains("a byte order other than little", Refused([.. magic, .. version, .. machine[..^3], (byte)'\x89', .. "u."u8]), StringComparison.Ordinal);
        Assert.Contains("no list of storages", Refused([.. magic, .. version, .. machine, .. State(("a", Tensor(0, [8], [1]))), .. version]),
            StringComparison.Ordinal);
        Assert.Contains("the name os.system", Refused([.. magic, .. version, .. machine, .. Ops("\x80", 2, "cos\nsystem\n.")]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tar_archive_is_named()
    {
        var tar = new byte[1024];
        "storages"u8.CopyTo(tar);
        "ustar"u8.CopyTo(tar.AsSpan(257));
        Assert.Contains("before version 0.1.10", Assert.Throws<NotSupportedException>(() => Open(tar)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_torch_saves_so_is_read()
    {
        const string Save = """
            import sys, torch
            w = torch.arange(12.).reshape(3, 4)
            d = {'w': w, 'tied': w, 'row': w[1], 't': w.t(), 'p': torch.nn.Parameter(torch.tensor([1., 2.])), 'h': torch.tensor([1.5, -2.]).half(), 'b': torch.tensor([1.5, 3.]).bfloat16(),
                 'i': torch.tensor([7, 8], dtype=torch.int32), 'l': torch.tensor([7, 8]), 'n': torch.tensor([7, -8], dtype=torch.int16), 'c': torch.tensor([7, -8], dtype=torch.int8),
                 'u': torch.tensor([7, 250], dtype=torch.uint8), 's': torch.arange(10.)[2:7:2], 'f': torch.tensor([True, False]), 'd': torch.tensor([0.1], dtype=torch.float64),
                 'e': torch.zeros(0, 3), 'x': torch.tensor(2.5)}
            for protocol in 2, 4:
                torch.save({'epoch': 3, 'state_dict': d, 'rate': 0.1}, f'{sys.argv[1]}/{protocol}.bin', _use_new_zipfile_serialization=False, pickle_protocol=protocol)
            torch.save({'z': torch.tensor([1j])}, sys.argv[1] + '/complex.bin', _use_new_zipfile_serialization=False)
            """;
        using var peer = new Peer();
        peer.Python("-c", Save, peer.Inside);
        foreach (var protocol in new[] { "2", "4" })
        {
            var file = PyTorchFile.Open(Path.Combine(peer.Folder, protocol + ".bin"));
            Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], Values(file, "w"));
            Assert.Equal(Values(file, "w"), Values(file, "tied"));
            Assert.Equal([4, 5, 6, 7], Values(file, "row"));
            Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], Values(file, "t"));
            Assert.Equal([1, 2], Values(file, "p"));
            Assert.Equal([1.5, -2], Values(file, "h"));
            Assert.Equal([1.5, 3], Values(file, "b"));
            Assert.Equal([7, 8], Values(file, "i"));
            Assert.Equal(("I64", "I16"), (file.Tensors["l"].Type, file.Tensors["n"].Type));
            Assert.Equal([7, -8], Values(file, "c"));
            Assert.Equal([7, 250], Values(file, "u"));
            Assert.Equal([2, 4, 6], Values(file, "s"));
            Assert.Equal([1, 0], Values(file, "f"));
            Assert.Equal([0.1], file.Tensors["d"].Read(Models.TinyModels.Reference).ToDoubles());
            Assert.Empty(Values(file, "e"));
            Assert.Equal([2.5], Values(file, "x"));
        }
        Assert.Contains("the name torch.ComplexFloatStorage",
            Assert.Throws<MalformedFileException>(() => PyTorchFile.Open(Path.Combine(peer.Folder, "complex.bin"))).Message, StringComparison.Ordinal);
    }
}
