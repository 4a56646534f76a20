using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Formats.Safetensors;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.Tests.Formats.Safetensors;

public sealed class SafetensorsTests : IDisposable
{
    static readonly CpuDevice cpu = new(new CpuOptions { Threads = 1 });
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly Gen<(DType Type, int[] Shape)> genTensor =
        Gen.Select(Gen.Enum<DType>().Where(type => !type.IsQuantized()), Gen.Int[0, 5].Array[0, 4]);

    [Fact]
    public void What_is_written_reads_back() => genTensor.Array[0, 6].Sample(tensors =>
    {
        using var scope = new TensorScope();
        var writer = new SafetensorsWriter().Metadata("note", "π \"quoted\"");
        var expected = new Dictionary<string, Tensor>();
        foreach (var (type, shape) in tensors)
        {
            var x = cpu.Empty(new Shape(shape), type);
            for (var i = 0; i < x.Elements; i++)
                x.SetValue(i, (i * 37 + expected.Count) % 100);
            var name = $"blöcke/{expected.Count}";
            expected.Add(name, x);
            writer.Add(name, x);
        }
        writer.Save(folder["a.safetensors"]);
        var file = SafetensorsFile.Open(folder["a.safetensors"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("π \"quoted\"", file.Metadata["note"]);
        Assert.Equal(expected.Count, file.Entries.Count);
        foreach (var (name, x) in expected)
        {
            var y = file.Read(name, cpu);
            Assert.Equal((x.DType, x.Shape), (y.DType, y.Shape));
            Assert.Equal(x.ToDoubles(), y.ToDoubles());
        }
    }, iter: 200, threads: 1);

    [Fact]
    public void Blocks_have_no_type_in_the_format()
    {
        using var scope = new TensorScope();
        var e = Assert.Throws<ShapeException>(() => new SafetensorsWriter().Add("w", cpu.Empty(new Shape(2, 32), DType.Q8_0)).Save(folder["a.safetensors"]));
        Assert.Contains("Q8_0", e.Message, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(folder["a.safetensors"]));
    }

    [Fact]
    public void Tensors_are_read_where_they_lie()
    {
        var path = folder.Add("a.safetensors", File("""{"x":{"dtype":"F32","shape":[262144],"data_offsets":[0,1048576]}}""", 1 << 20));
        var before = cpu.Pool.AllocatedBytes;
        using var x = SafetensorsFile.Open(path).Read("x", cpu);
        Assert.Equal(before, cpu.Pool.AllocatedBytes);
        GC.Collect();
        Assert.Equal(0, x.Value(262143)); // the map lives as long as the tensor
    }

    [Fact]
    public void A_tensor_off_its_alignment_is_still_read()
    {
        var content = File("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}""", 9);
        BinaryPrimitives.WriteSingleLittleEndian(content.AsSpan(content.Length - 4), 1.5f);
        using var x = SafetensorsFile.Open(folder.Add("a.safetensors", content)).Read("x", cpu);
        Assert.Equal([0, 1.5], x.ToDoubles());
    }

    public static TheoryData<string, int, string> Malformed => new()
    {
        { "", 0, "header length" },
        { "[]", 0, "StartObject" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", 8, "not valid JSON" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x""", 8, "not valid JSON" },
        { """{"x":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", 8, "dtype 'F31' of tensor 'x'" },
        { """{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "12 for F32 [3]" },
        { """{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "shape of 'x'" },
        { """{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "shape of 'x'" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "data_offsets [8, 0]" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8, "data_offsets [0, 8, 8]" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "within the 7 bytes" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "the end of 'x'" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "no gap after 'the header'" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "no overlap with 'x'" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "tensor 'x' twice" },
        { """{"x":{"dtype":"F32","shape":[2]}}""", 8, "without data_offsets" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", 8, "field 'more'" },
        { """{"x":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "fits 63 bits" },
        { """{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "fits 63 bits" },
        { """{"x":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,0]}}""", 0, "shape of 'x'" },
        { """{"__metadata__":{"format":1}}""", 0, "__metadata__ 'format'" },
    };

    [Theory, MemberData(nameof(Malformed))]
    public void A_false_header_is_named(string header, int dataBytes, string message)
    {
        var path = folder.Add("bad.safetensors", File(header, dataBytes));
        var e = Assert.Throws<MalformedFileException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_length_beyond_the_file_is_named()
    {
        foreach (var length in new ulong[] { 9, 100_000_001, long.MaxValue, ulong.MaxValue })
        {
            var bytes = new byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
            Assert.Contains($"header length of {length}", Assert.Throws<MalformedFileException>(() => SafetensorsFile.Open(folder.Add("bad", bytes))).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_truncation_is_malformed()
    {
        var whole = Sample();
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<MalformedFileException>(() => SafetensorsFile.Open(folder.Add("cut", whole[..length])));
    }

    [Fact]
    public void A_mutated_file_is_malformed_or_valid_and_never_crashes()
    {
        var whole = Sample();
        var header = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(whole);
        var refused = 0;
        for (var seed = 0; seed < 4000; seed++)
        {
            var random = new Random(seed);
            var bytes = (byte[])whole.Clone();
            for (var change = 0; change <= random.Next(4); change++)
            {
                var at = random.Next(4) == 0 ? random.Next(bytes.Length) : random.Next(header);
                bytes[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"0123456789{}[]\",:-eF "[random.Next(21)];
            }
            var path = folder.Add("mutated", bytes);
            try
            {
                var file = SafetensorsFile.Open(path);
                foreach (var entry in file.Entries.Values)
                {
                    using var x = file.Read(entry.Name, cpu);
                    Assert.Equal(x.Elements, x.ToDoubles().Length);
                }
            }
            catch (MalformedFileException e)
            {
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(refused, 1000, 3999);
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_named()
    {
        var file = SafetensorsFile.Open(folder.Add("a", Sample()));
        Assert.Contains("no tensor 'z'", Assert.Throws<MalformedFileException>(() => file.Read("z", cpu)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_cannot_be_computed_with_is_named_when_read()
    {
        var file = SafetensorsFile.Open(folder.Add("a", File("""{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", 8)));
        Assert.Contains("'x' of I64", Assert.Throws<MalformedFileException>(() => file.Read("x", cpu)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Npy_is_as_NumPy_writes_it()
    {
        NpyWriter.Write(folder["a.npy"], new float[] { 1, 2, 3, 4, 5, 6 }, 2, 3);
        var bytes = System.IO.File.ReadAllBytes(folder["a.npy"]);
        Assert.Equal(128 + 24, bytes.Length);
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n", Encoding.ASCII.GetString(bytes, 10, 118));
        Assert.Equal(6, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(148)));
        using var x = cpu.From(new Shape(2), [7f, 8f]);
        NpyWriter.Write(folder["b.npy"], x);
        Assert.Contains("(2,)", Encoding.ASCII.GetString(System.IO.File.ReadAllBytes(folder["b.npy"])), StringComparison.Ordinal);
    }

    byte[] Sample()
    {
        using var scope = new TensorScope();
        new SafetensorsWriter().Add("x", cpu.From(new Shape(2, 3), [1f, 2f, 3f, 4f, 5f, 6f])).Add("half", cpu.From(new Shape(5), [1, 2, 3, 4, 5], DType.BF16))
            .Add("ids", cpu.From(new Shape(3), [1, 2, 3], DType.I32)).Save(folder["sample"]);
        return System.IO.File.ReadAllBytes(folder["sample"]);
    }

    static byte[] File(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header.PadRight((header.Length + 7) / 8 * 8));
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }
}
