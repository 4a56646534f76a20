using System.IO.Compression;
using System.Text;
using CsCheck;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Files;
using Parquet;
using Parquet.Schema;

namespace Nonet.Tests.Data.Corpora;

/// <summary>Text, JSONL and Parquet, plain and gzip, as streams of documents.</summary>
public sealed class CorpusTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string[] Read(DataSource source) => [.. Corpus.Read(source).Select(d => d.Text)];

    static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress))
            gzip.Write(content);
        return packed.ToArray();
    }

    string Refused(DataSource source) => Assert.Throws<MalformedFileException>(() => Read(source)).Message;

    [Fact]
    public void Files_of_a_folder_are_read_in_order_whatever_their_format()
    {
        folder.Add("b.txt", "two\r\nlines\rmore");
        folder.Add("a.txt", [0xEF, 0xBB, 0xBF, .. "one é"u8]);
        folder.Add("c.jsonl.gz", Gzip("{\"text\": \"three\"}\n"u8.ToArray()));
        folder.Add("d.txt.gz", Gzip("four"u8.ToArray()));
        folder.Add("note.md", "not text of the corpus");
        Assert.Equal(["one é", "two\nlines\nmore", "three", "four"], Read(new DataSource { Path = folder.Path }));
        Assert.Equal(["three"], Read(new DataSource { Path = folder.Path, Format = DataFormat.Jsonl }));
        Assert.Equal(["not text of the corpus"], Read(new DataSource { Path = folder["note.md"] }));
    }

    public static TheoryData<string, TextEncoding> Marked => new()
    {
        { "utf-16", TextEncoding.Auto }, { "utf-16BE", TextEncoding.Auto }, { "utf-32", TextEncoding.Auto }, { "utf-8", TextEncoding.Auto },
        { "utf-16", TextEncoding.Utf16LittleEndian }, { "utf-16BE", TextEncoding.Utf16BigEndian },
    };

    [Theory, MemberData(nameof(Marked))]
    public void Utf_16_is_told_by_its_mark_or_asked_for(string name, TextEncoding asked)
    {
        var encoding = Encoding.GetEncoding(name);
        var text = string.Concat(Enumerable.Repeat("naïve 北京 😀\r\n", 20_000)); // longer than any buffer
        byte[] Bytes(string content) => [.. asked == TextEncoding.Auto ? encoding.GetPreamble() : [], .. encoding.GetBytes(content)];
        folder.Add("a.txt", Bytes(text));
        folder.Add("b.jsonl.gz", Gzip(Bytes("{\"text\": \"in a line é\"}\n")));
        Assert.Equal([text.Replace("\r\n", "\n", StringComparison.Ordinal), "in a line é"], Read(new DataSource { Path = folder.Path, Encoding = asked }));
        if (asked == TextEncoding.Auto)
            Assert.Equal(text.Replace("\r\n", "\n", StringComparison.Ordinal), TextFile.Read(folder["a.txt"]));
    }

    [Fact]
    public void Latin_1_is_read_when_it_is_asked_for_and_named_otherwise()
    {
        var path = folder.Add("x.txt", [0x63, 0x61, 0x66, 0xE9, 0x20, 0x93, 0x80, 0x94]);
        Assert.Equal(["café \u0093\u0080\u0094"], Read(new DataSource { Path = path, Encoding = TextEncoding.Latin1 }));
        Assert.Equal(["café “€”"], Read(new DataSource { Path = path, Encoding = TextEncoding.Windows1252 }));
        Assert.Equal($"{path}: found byte 0xE9 at offset 3, which is not UTF-8; expected text in UTF-8, or in UTF-16 with a byte-order mark; for other text "
            + $"give --encoding (encoding in a recipe's data): latin-1, windows-1252, utf-16le or utf-16be, or convert the file",
            Refused(new DataSource { Path = path }));
        Assert.Contains("UTF-16 without a byte-order mark", Refused(new DataSource { Path = folder.Add("y.txt", Encoding.Unicode.GetBytes("text")) }),
            StringComparison.Ordinal);
        Assert.Contains("y.txt: found bytes 0x00D8 after", Refused(new DataSource { Path = folder.Add("y.txt", [0xFF, 0xFE, 0x61, 0, 0, 0xD8, 0x61, 0]) }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_without_text_and_numbers_that_are_none_are_passed_over()
    {
        folder.Add("x.jsonl",
            "{\"score\": NaN, \"text\": \"NaN one\", \"p\": [Infinity, -Infinity]}\n{\"text\": null}\n{\"text\": \" \"}\n{\"text\": \"two \\\" NaN\", "
            + "\"x\": -Infinity}\n");
        var without = new List<string>();
        Assert.Equal(["NaN one", "two \" NaN"], Corpus.Read(new DataSource { Path = folder["x.jsonl"] }, withoutText: without.Add).Select(d => d.Text));
        Assert.Equal([folder["x.jsonl"], folder["x.jsonl"]], without);
        Assert.Contains("field 'score' is not a string on line 1",
            Refused(new DataSource { Path = folder.Add("y.jsonl", "{\"score\": 5, \"x\": NaN}"), Field = "score" }), StringComparison.Ordinal);
        Assert.Contains("broken JSON", Refused(new DataSource { Path = folder.Add("y.jsonl", "{\"text\": \"a\", \"x\": NaN,,}") }), StringComparison.Ordinal);
        Assert.Contains(@"an escape \ud800 to \udfff that is half of a surrogate pair",
            Refused(new DataSource { Path = folder.Add("y.jsonl", "{\"text\": \"a \\ud83d\"}") }), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Refused(new DataSource { Path = folder.Add("y.jsonl", [.. "{\"text\": \""u8, 0xFF, .. "\"}"u8]) }),
            StringComparison.Ordinal);
    }

    public static TheoryData<byte[], string> NotText => new()
    {
        { [], "an empty file" },
        { " \n\t\n"u8.ToArray(), "nothing but blanks" },
        { "abc\0def"u8.ToArray(), "a zero byte at offset 3" },
        { [0x61, 0x62, 0xFF, 0x63], "byte 0xFF at offset 2, which is not UTF-8" },
        { [0xEF, 0xBB, 0xBF, 0x61, 0xC3, 0x28], "byte 0xC3 at offset 4" },
        { [0x61, 0xE4, 0xB8], "byte 0xE4 at offset 1" },
        { [0xED, 0xA0, 0x80], "byte 0xED at offset 0" }, // a surrogate
        { [0xC0, 0x80], "byte 0xC0 at offset 0" }, // overlong
    };

    [Theory, MemberData(nameof(NotText))]
    public void What_is_not_text_is_named_with_its_place(byte[] content, string message)
    {
        var path = folder.Add("x.txt", content);
        Assert.StartsWith($"{path}: found {message}", Refused(new DataSource { Path = folder.Path }), StringComparison.Ordinal);
        Assert.StartsWith($"{path}: found {message}", Assert.Throws<MalformedFileException>(() => TextFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_byte_is_found_wherever_reads_end()
    {
        foreach (var offset in new[] { 65_534, 65_535, 65_536, 65_537, 200_000 })
        {
            var content = Encoding.UTF8.GetBytes(new string('é', 150_000));
            content[offset / 2 * 2 + 1] = (byte)'x';
            folder.Add("x.txt", content);
            Assert.Contains($"byte 0xC3 at offset {offset / 2 * 2}", Refused(new DataSource { Path = folder["x.txt"] }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Text_read_in_pieces_is_the_text()
    {
        var text = string.Concat(Enumerable.Range(0, 90_000).Select(i => $"Zeile {i} é😀\r\n{(i % 7 == 0 ? "\r\n" : "")}"));
        folder.Add("x.txt", text);
        var documents = Read(new DataSource { Path = folder["x.txt"] });
        Assert.InRange(documents.Length, 2, 3); // of at most 2^20 characters
        Assert.All(documents[..^1], d => Assert.EndsWith("\n\n", d, StringComparison.Ordinal));
        Assert.Equal(text.Replace("\r\n", "\n", StringComparison.Ordinal), string.Concat(documents));
    }

    [Theory]
    [InlineData("a|b||c|", new[] { "a", "b", "c" })]
    [InlineData("no separator", new[] { "no separator" })]
    public void A_separator_parts_documents_and_is_dropped(string text, string[] documents)
    {
        folder.Add("x.txt", text);
        Assert.Equal(documents, Read(new DataSource { Path = folder["x.txt"], Documents = DocumentCut.Separator, Separator = "|" }));
    }

    [Fact] // wherever the reads end
    public void A_separator_is_found_between_two_reads() => Gen.Int[0, 200_000].Array[1, 6].Sample(lengths =>
    {
        var documents = lengths.Where(n => n > 0).Select((n, i) => new string((char)('a' + i), n)).ToArray();
        if (documents.Length == 0)
            return;
        folder.Add("x.txt", string.Join("<|end|>", documents));
        Assert.Equal(documents, Read(new DataSource { Path = folder["x.txt"], Documents = DocumentCut.Separator, Separator = "<|end|>" }));
    }, iter: 40, threads: 1);

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("no such file", Assert.Throws<FileNotFoundException>(() => Read(new DataSource { Path = folder["nothing"] })).Message,
            StringComparison.Ordinal);
        Assert.Contains("no *.txt, *.jsonl, *.ndjson, *.parquet",
            Assert.Throws<FileNotFoundException>(() => Read(new DataSource { Path = folder.Path })).Message, StringComparison.Ordinal);
        Assert.Contains("no *.parquet in",
            Assert.Throws<FileNotFoundException>(() => Read(new DataSource { Path = folder.Path, Format = DataFormat.Parquet })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_of_each_line_is_read()
    {
        folder.Add("x.jsonl",
            "{\"id\": 1, \"body\": \"one \\u00e9\"}\r\n\n  \n{\"body\": \"\"}\n{\"deep\": {\"body\": \"no\"}, \"body\": \"two\\n\", \"list\": [1, {}]}");
        Assert.Equal(["one é", "two\n"], Read(new DataSource { Path = folder["x.jsonl"], Field = "body" }));
    }

    [Theory]
    [InlineData("{\"text\": \"a\"", "broken JSON at byte 12 on line 2")]
    [InlineData("[1]", "no JSON object on line 2")]
    [InlineData("{\"txt\": \"a\"}", "no field 'text' on line 2")]
    [InlineData("{\"text\": 3}", "field 'text' is not a string on line 2")]
    [InlineData("{\"text\": \"a\"} x", "broken JSON at byte 14 on line 2")]
    public void A_broken_line_is_named_or_counted(string line, string message)
    {
        folder.Add("x.jsonl", $"{{\"text\": \"first\"}}\n{line}\n{{\"text\": \"third\"}}\n");
        var source = new DataSource { Path = folder["x.jsonl"] };
        Assert.StartsWith($"{folder["x.jsonl"]}: found {message}", Refused(source), StringComparison.Ordinal);
        var broken = new List<string>();
        var texts = Corpus.Read(source with { SkipBroken = true }, (file, number, wrong) => broken.Add($"{file}:{number}: {wrong}")).Select(d => d.Text)
            .ToArray();
        Assert.Equal(["first", "third"], texts);
        Assert.Equal($"{folder["x.jsonl"]}:2: {message.Replace(" on line 2", "", StringComparison.Ordinal)}", Assert.Single(broken));
    }

    [Fact]
    public void Lines_longer_than_a_read_are_whole()
    {
        string[] texts = [new string('a', 700_000), "b", new string('c', 262_144 - 13)];
        folder.Add("x.jsonl", string.Concat(texts.Select(t => $"{{\"text\": \"{t}\"}}\n")));
        Assert.Equal(texts, Read(new DataSource { Path = folder["x.jsonl"] }));
    }

    [Theory]
    [InlineData("x.txt.gz"), InlineData("x.jsonl.gz")]
    public void A_gzip_file_that_is_cut_short_is_named(string name)
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 9000).Select(i => $"{{\"text\": \"line {i} {i * 7919 % 104729}\"}}\n")));
        var whole = Gzip(content);
        folder.Add(name, whole);
        Assert.NotEmpty(Read(new DataSource { Path = folder[name] }));
        foreach (var length in new[] { whole.Length - 1, whole.Length - 8, whole.Length - 9, whole.Length / 2, 12, 3 })
        {
            folder.Add(name, whole[..length]);
            Assert.StartsWith($"{folder[name]}: found a truncated or damaged gzip file", Refused(new DataSource { Path = folder[name] }),
                StringComparison.Ordinal);
        }
        whole[whole.Length / 2] ^= 0x55;
        folder.Add(name, whole);
        Assert.Contains(folder[name], Refused(new DataSource { Path = folder[name] }), StringComparison.Ordinal);
    }

    async Task WriteParquet(string name)
    {
        var schema = new ParquetSchema(new DataField<string>("title"), new DataField<string>("text"), new DataField<int>("year"));
        using var stream = File.Create(folder[name]);
        var writer = await ParquetWriter.CreateAsync(schema, stream, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var texts in new[] { new[] { "one é", "", "two" }, ["three"] })
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(schema.DataFields[0], texts.Select(_ => "t").ToArray());
            await group.WriteAsync(schema.DataFields[1], texts);
            await group.WriteAsync<int>(schema.DataFields[2], texts.Select((_, i) => i).ToArray(), cancellationToken: TestContext.Current.CancellationToken);
        }
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task A_column_of_text_is_read_and_one_that_is_not_there_is_named()
    {
        await WriteParquet("x.parquet");
        Assert.Equal(["one é", "two", "three"], Read(new DataSource { Path = folder.Path }));
        folder.Add("y.parquet.gz", Gzip(await File.ReadAllBytesAsync(folder["x.parquet"], TestContext.Current.CancellationToken)));
        Assert.Equal(["one é", "two", "three"], Read(new DataSource { Path = folder["y.parquet.gz"] }));
        Assert.Contains("found columns title (text), text (text), year (int32); expected a column 'body' of text",
            Refused(new DataSource { Path = folder["x.parquet"], Field = "body" }), StringComparison.Ordinal);
        Assert.Contains("expected a column 'year' of text", Refused(new DataSource { Path = folder["x.parquet"], Field = "year" }), StringComparison.Ordinal);
        var whole = await File.ReadAllBytesAsync(folder["x.parquet"], TestContext.Current.CancellationToken);
        folder.Add("z.parquet", whole[..(whole.Length / 2)]);
        Assert.StartsWith($"{folder["z.parquet"]}: found an unreadable Parquet file", Refused(new DataSource { Path = folder["z.parquet"] }),
            StringComparison.Ordinal);
    }
}
