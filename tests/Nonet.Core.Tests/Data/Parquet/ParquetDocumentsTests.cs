using System.Buffers.Binary;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Files;
using Parquet;
using Parquet.Schema;

namespace Nonet.Tests.Data.Parquet;

/// <summary>Columns of text from Parquet files, whatever the other columns hold and however pages are packed; and files that lie.</summary>
public sealed class ParquetDocumentsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string[] Read(string path, string field = "text") => [.. Corpus.Read(new DataSource { Path = path, Field = field }).Select(d => d.Text)];

    string Refused(byte[] content) => Assert.Throws<MalformedFileException>(() => Read(folder.Add("x.parquet", content))).Message;

    /// <summary>Written by pyarrow 25.</summary>
    [Theory]
    [InlineData("f16.parquet")] // a column of float16
    [InlineData("f16list.parquet")] // lists of them
    public void Types_of_other_columns_do_not_matter(string name) =>
        Assert.Equal(Enumerable.Repeat("one two three", 5), Read(Repository.File($"tests/Nonet.Core.Tests/Data/Parquet/{name}")));

    [Fact]
    public void A_column_that_is_no_text_is_named_with_its_kind() =>
        Assert.Contains("lists or groups of float16",
            Assert.Throws<MalformedFileException>(() => Read(Repository.File("tests/Nonet.Core.Tests/Data/Parquet/f16list.parquet"), "list")).Message,
            StringComparison.Ordinal);

    [Fact] // Parquet.Net 6.1 reads it without end
    public void A_file_that_lies_about_its_pages_is_refused_at_once()
    {
        var clock = ThreadClock.Start();
        var message = Assert.Throws<MalformedFileException>(() => Read(Repository.File("tests/Nonet.Core.Tests/Data/Parquet/hang-45.parquet"))).Message;
        Assert.Contains("hang-45.parquet", message, StringComparison.Ordinal);
        clock.AssertAtMost(10);
    }

    async Task<byte[]> Write(CompressionMethod method, string?[] texts)
    {
        var schema = new ParquetSchema(new DataField<decimal>("price"), new DataField<string>("text"), new DataField<double?>("score"),
            new ListField("tags", new DataField<string>("element")));
        using var stream = new MemoryStream();
        var cancel = TestContext.Current.CancellationToken;
        var writer = await ParquetWriter.CreateAsync(schema, stream, new ParquetOptions { CompressionMethod = method }, cancellationToken: cancel);
        foreach (var part in texts.Chunk(Math.Max(1, texts.Length / 2)))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<decimal>(schema.DataFields[0], part.Select((_, i) => (decimal)i).ToArray(), cancellationToken: cancel);
            await group.WriteAsync(schema.DataFields[1], part!);
            await group.WriteAsync<double>(schema.DataFields[2], part.Select((_, i) => i % 2 == 0 ? (double?)null : i).ToArray(), cancellationToken: cancel);
            await group.WriteAsync(schema.DataFields[3], part.Select(_ => "t").ToArray(), part.Select(_ => 0).ToArray());
        }
        await writer.DisposeAsync();
        return stream.ToArray();
    }

    public static TheoryData<CompressionMethod> Methods =>
        [CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Brotli, CompressionMethod.Zstd, CompressionMethod.Lz4Raw];

    [Theory, MemberData(nameof(Methods))]
    public async Task Pages_are_unpacked_however_they_are_packed(CompressionMethod method)
    {
        string?[] texts = [.. Enumerable.Range(0, 999)
            .Select(i => i % 7 == 3 ? null : i % 3 == 0 ? "often the same text é 北京" : $"text {i} " + new string((char)('a' + (i % 26)), i))];
        var path = folder.Add("x.parquet", await Write(method, texts));
        Assert.Equal(texts.Where(t => t is not null), Read(path));
        var without = 0;
        Assert.Equal(texts.Count(t => t is not null), Corpus.Read(new DataSource { Path = path }, withoutText: _ => without++).Count());
        Assert.Equal(texts.Count(t => t is null), without);
    }

    [Fact]
    public async Task Damaged_files_are_read_or_refused_with_their_name_in_little_time_and_memory()
    {
        var seeds = new List<byte[]> { File.ReadAllBytes(Repository.File("tests/Nonet.Core.Tests/Data/Parquet/f16.parquet")),
            File.ReadAllBytes(Repository.File("tests/Nonet.Core.Tests/Data/Parquet/hang-45.parquet")) };
        foreach (var method in new[] { CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Zstd,
            CompressionMethod.Lz4Raw, CompressionMethod.Brotli })
            seeds.Add(await Write(method, ["one", null, "two two two two two two", "one", "three", null, "one"]));
        var (random, opened, refused) = (new Random(45), 0, 0);
        for (var i = 0; i < 10 * Formats.Fuzz.Files; i++)
        {
            var bytes = (byte[])seeds[random.Next(seeds.Count)].Clone();
            for (var times = random.Next(0, 4); times > 0; times--)
            {
                var at = random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(Math.Max(4, bytes.Length - 600), bytes.Length - 8); // the metadata
                if (random.Next(3) == 0)
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Math.Min(at, bytes.Length - 4)), (uint)random.NextInt64(1L << 32));
                else
                    bytes[at] = (byte)(random.Next(2) == 0 ? random.Next(256) : bytes[at] ^ (1 << random.Next(8)));
            }
            var (before, clock) = (GC.GetAllocatedBytesForCurrentThread(), ThreadClock.Start());
            try
            {
                Read(folder.Add("x.parquet", bytes));
                opened++;
            }
            catch (MalformedFileException e)
            {
                Assert.Contains(folder["x.parquet"], e.Message, StringComparison.Ordinal);
                refused++;
            }
            clock.AssertAtMost(10, $"file {i}");
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30);
        }
        Assert.True(opened > 100 && refused > 100, $"{opened} opened, {refused} refused");
    }

    /// <summary>A file of one required column of text, in one page of the old kind, written by hand.</summary>
    static byte[] OnePage(int values, int encoding, byte[] page, int? size = null, int codec = 0, long? rows = null)
    {
        var file = new List<byte>("PAR1"u8.ToArray());
        file.AddRange([0x15, 0, 0x15, .. Zigzag(size ?? page.Length), 0x15, .. Zigzag(page.Length), 0x2c, 0x15, .. Zigzag(values), 0x15, .. Zigzag(encoding),
            0x15, .. Zigzag(3), 0x15, .. Zigzag(3), 0, 0]);
        file.AddRange(page);
        var length = file.Count - 4;
        byte[] schema = [0x48, 4, .. "root"u8, 0x15, 2, 0, 0x15, 12, 0x25, 0, 0x18, 4, .. "text"u8, 0x25, 0, 0];
        byte[] column = [0x26, 8, 0x1c, 0x15, 12, 0x19, 0x15, .. Zigzag(encoding), 0x19, 0x18, 4, .. "text"u8, 0x15, .. Zigzag(codec), 0x16,
            .. Zigzag(rows ?? values), 0x16, .. Zigzag(length), 0x16, .. Zigzag(length), 0x26, 8, 0, 0];
        byte[] footer = [0x15, 2, 0x19, 0x2c, .. schema, 0x16, .. Zigzag(rows ?? values), 0x19, 0x1c, 0x19, 0x1c, .. column, 0x16, .. Zigzag(length), 0x16,
            .. Zigzag(rows ?? values), 0, 0];
        file.AddRange(footer);
        file.AddRange(BitConverter.GetBytes(footer.Length));
        file.AddRange("PAR1"u8.ToArray());
        return [.. file];
    }

    static byte[] Zigzag(long n)
    {
        var (u, bytes) = ((ulong)(n << 1) ^ (ulong)(n >> 63), new List<byte>());
        for (; u > 127; u >>= 7)
            bytes.Add((byte)(u | 128));
        return [.. bytes, (byte)u];
    }

    [Fact]
    public void Differences_of_lengths_and_common_beginnings_are_read()
    {
        Assert.Equal(["ab", "c"], Read(folder.Add("x.parquet", OnePage(2, 0, [2, 0, 0, 0, .. "ab"u8, 1, 0, 0, 0, .. "c"u8]))));
        // lengths 5, 5, 6: block of 128 in 4 parts, 3 values, the first 5; least difference 0, widths 1 0 0 0; differences 0, 1
        byte[] lengths = [0x80, 1, 4, 3, 10, 0, 1, 0, 0, 0, 0b10, 0, 0, 0];
        Assert.Equal(["Hello", "World", "Foobar"], Read(folder.Add("x.parquet", OnePage(3, 6, [.. lengths, .. "HelloWorldFoobar"u8]))));
        // beginnings 0, 2, 0 and endings "axis", "le", "babble": as in the specification, but for one
        byte[] beginnings = [0x80, 1, 4, 3, 0, 3, 3, 0, 0, 0, 0b000_100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            endings = [0x80, 1, 4, 3, 8, 3, 3, 0, 0, 0, 0b110_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(["axis", "axle", "babble"], Read(folder.Add("x.parquet", OnePage(3, 7, [.. beginnings, .. endings, .. "axislebabble"u8]))));
    }

    [Fact]
    public void Sizes_are_not_believed()
    {
        Assert.Contains("at row 1", Refused(OnePage(2, 0, [2, 0, 0, 0, .. "ab"u8, 9, 0, 0, 0, .. "c"u8])), StringComparison.Ordinal);
        Assert.Contains("column 'text'", Refused(OnePage(1, 0, [1, 0, 0, 0, 0xff])), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Refused(OnePage(1, 0, [1, 0, 0, 0, 0xff])), StringComparison.Ordinal);
        Assert.Contains("should become", Refused(OnePage(1, 0, [40, 181, 47, 253], size: 1 << 27, codec: 6)), StringComparison.Ordinal);
        Assert.Contains("at most", Refused(OnePage(1, 0, [1, 0, 0, 0, 65], size: int.MaxValue, codec: 1)), StringComparison.Ordinal);
        Assert.Contains("rows in", Refused(OnePage(1, 0, [1, 0, 0, 0, 65], rows: long.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("too early", Refused(OnePage(1, 0, [1, 0, 0, 0, 65], rows: 2)), StringComparison.Ordinal);
        Assert.Contains("not for text", Refused(OnePage(1, 5, [1, 0, 0, 0, 65])), StringComparison.Ordinal);
    }
}
