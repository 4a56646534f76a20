using System.Text;
using CsCheck;
using Nonet.Data;
using Nonet.Formats;

namespace Nonet.Tests.Data;

public sealed class TextCorpusTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_and_folders_are_read_in_order()
    {
        folder.Add("b.txt", "two\r\nlines\rmore");
        folder.Add("a.txt", [0xEF, 0xBB, 0xBF, .. "one é"u8]);
        folder.Add("note.md", "not text of the corpus");
        var corpus = TextCorpus.Read(folder.Path, folder["note.md"]);
        Assert.Equal(["one é", "two\nlines\nmore", "not text of the corpus"], corpus.Documents.Select(d => d.Text));
        Assert.Equal(6 + 14 + 22, corpus.Bytes);
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
        var e = Assert.Throws<MalformedFileException>(() => TextCorpus.Read(folder.Path));
        Assert.StartsWith($"{path}: found {message}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("no such file", Assert.Throws<FileNotFoundException>(() => TextCorpus.Read(folder["nothing"])).Message, StringComparison.Ordinal);
        Assert.Contains("no *.txt", Assert.Throws<FileNotFoundException>(() => TextCorpus.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chapters_begin_at_their_headings()
    {
        var body = string.Concat(Enumerable.Repeat("A line of prose, said Book I. Act 2 was over.\n", 60)) + "\n\n";
        string[] chapters = ["A Title\n\nCONTENTS\n\nCHAPTER I CHAPTER II\n\n\nCHAPTER I.\n\n" + body, "CHAPTER II. Of Ends\n\n" + body, "BOOK TWO\n\n" + body + "Chapter\n\n" + body, "  ADVENTURE IV. IN WHICH\nIT ENDS\n\n" + body, "Chapter 5\n\n" + body];
        Assert.Equal(string.Concat(chapters[..2]).Length + chapters[2].Length, Chapters.Split(string.Concat(chapters[..3])).Sum(c => c.Length));
        Assert.Equal([chapters[0], chapters[1] + chapters[2], chapters[3], chapters[4]], Chapters.Split(string.Concat(chapters)));
    }

    [Fact]
    public void A_text_without_headings_is_cut_into_blocks_at_paragraphs()
    {
        var text = string.Concat(Enumerable.Range(0, 400).Select(i => $"Speaker {i}:\nSome words that are said é😀.\n\n"));
        var blocks = Chapters.Split(text, 1000);
        Assert.Equal(text, string.Concat(blocks));
        Assert.InRange(blocks.Count, 15, 40);
        Assert.All(blocks, b => Assert.InRange(Encoding.UTF8.GetByteCount(b), 1, 1000));
        Assert.All(blocks, b => Assert.EndsWith("\n\n", b, StringComparison.Ordinal));
    }

    [Fact]
    public void The_pieces_of_any_text_are_the_text()
    {
        var piece = Gen.OneOf(Gen.String[0, 40], Gen.Const("\n\nCHAPTER 1\n\n"), Gen.Const("\n\n"), Gen.Const("\n"), Gen.Const(new string('x', 2500)), Gen.Const("😀é"));
        Gen.Select(piece.Array[0, 30].Select(string.Concat), Gen.Int[16, 3000]).Sample((text, bytes) =>
        {
            var pieces = Chapters.Split(text, bytes);
            Assert.Equal(text, string.Concat(pieces));
            Assert.DoesNotContain("", pieces);
        }, iter: 2000, threads: 1);
    }

    [Fact]
    public void One_document_of_every_row_is_held_out()
    {
        var corpus = new TextCorpus(Enumerable.Range(0, 100).Select(i => new Document("a", i, $"text {i}")));
        var (train, held) = corpus.HoldOut(10, seed: 1);
        Assert.Equal(Enumerable.Range(0, 10), held.Documents.Select(d => d.Part / 10));
        Assert.Equal(corpus.Documents.ToHashSet(), train.Documents.Concat(held.Documents).ToHashSet());
        Assert.Equal(corpus.Bytes, train.Bytes + held.Bytes);
        Assert.Equal(held.Documents, corpus.HoldOut(10, seed: 1).HeldOut.Documents);
        Assert.NotEqual(held.Documents, corpus.HoldOut(10, seed: 2).HeldOut.Documents);
        Assert.True(held.Documents.Select(d => d.Part % 10).Distinct().Count() > 1);
    }

    [Fact]
    public void A_corpus_of_few_documents_still_has_one_held_out_and_of_one_is_refused()
    {
        for (var seed = 0UL; seed < 20; seed++)
        {
            var (train, held) = new TextCorpus([new("a", 0, "x"), new("a", 1, "y")]).HoldOut(10, seed);
            Assert.Equal((1, 1), (train.Documents.Count, held.Documents.Count));
        }
        Assert.Contains("one document", Assert.Throws<ArgumentException>(() => new TextCorpus([new("a", 0, "x")]).HoldOut(10, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_books_of_the_repository_are_text_and_split_into_their_chapters()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Nonet.slnx")))
            root = root.Parent;
        var corpus = TextCorpus.Read(Path.Combine(root!.FullName, "data"));
        Assert.Equal(5, corpus.Documents.Count);
        Assert.InRange(corpus.Bytes, 5_000_000, 6_000_000);
        var chapters = corpus.SplitChapters();
        int Of(string name) => chapters.Documents.Count(d => Path.GetFileName(d.Source) == name);
        Assert.Equal((61, 12), (Of("pride_and_prejudice.txt"), Of("sherlock_holmes.txt")));
        Assert.InRange(Of("moby_dick.txt"), 120, 137);
        Assert.InRange(Of("middlemarch.txt"), 86, 90);
        Assert.InRange(Of("tinyshakespeare.txt"), 60, 80);
        Assert.Equal(corpus.Bytes, chapters.Bytes);
    }
}
