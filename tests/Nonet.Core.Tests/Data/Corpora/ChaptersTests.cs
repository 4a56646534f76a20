using System.Text;
using CsCheck;
using Nonet.Data;
using Nonet.Data.Corpora;

namespace Nonet.Tests.Data.Corpora;

public class ChaptersTests
{
    [Fact]
    public void Chapters_begin_at_their_headings()
    {
        var body = string.Concat(Enumerable.Repeat("A line of prose, said Book I. Act 2 was over.\n", 60)) + "\n\n";
        string[] chapters = ["A Title\n\nCONTENTS\n\nCHAPTER I CHAPTER II\n\n\nCHAPTER I.\n\n" + body, "CHAPTER II. Of Ends\n\n" + body,
            "BOOK TWO\n\n" + body + "Chapter\n\n" + body, "  ADVENTURE IV. IN WHICH\nIT ENDS\n\n" + body, "Chapter 5\n\n" + body];
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
        var piece = Gen.OneOf(Gen.String[0, 40], Gen.Const("\n\nCHAPTER 1\n\n"), Gen.Const("\n\n"), Gen.Const("\n"), Gen.Const(new string('x', 2500)),
            Gen.Const("😀é"));
        Gen.Select(piece.Array[0, 30].Select(string.Concat), Gen.Int[16, 3000]).Sample((text, bytes) =>
        {
            var pieces = Chapters.Split(text, bytes);
            Assert.Equal(text, string.Concat(pieces));
            Assert.DoesNotContain("", pieces);
        }, iter: 2000, threads: 1);
    }

    [Fact]
    public void The_books_of_the_repository_are_text_and_split_into_their_chapters()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Nonet.slnx")))
            root = root.Parent;
        var chapters = Corpus.Read(new DataSource { Path = Path.Combine(root!.FullName, "data"), Documents = DocumentCut.Chapters }).ToList();
        int Of(string name) => chapters.Count(d => Path.GetFileName(d.Source) == name);
        Assert.Equal((61, 12), (Of("pride_and_prejudice.txt"), Of("sherlock_holmes.txt")));
        Assert.InRange(Of("moby_dick.txt"), 120, 137);
        Assert.InRange(Of("middlemarch.txt"), 86, 90);
        Assert.InRange(Of("tinyshakespeare.txt"), 60, 80);
        Assert.Equal(Directory.GetFiles(Path.Combine(root.FullName, "data"), "*.txt").Sum(f => new FileInfo(f).Length), chapters.Sum(c => (long)c.Bytes));
    }
}
