using Nonet.Data;
using Nonet.Data.Masked;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Tests.Data.Masked;

public sealed class MaskedDataTests : IDisposable
{
    readonly GeneratedSentences text = new();

    public void Dispose() => text.Dispose();

    static string Words(IEnumerable<int> words) => string.Join(' ', words.Select(w => $"w{w * 4}"));

    static string Document(int d) => $"{Words([d % 50, 1, 2])}.\n{Words([d / 50, 3])}";

    string Documents(int count) => text.Add("d.txt", string.Concat(Enumerable.Range(0, count).Select(d => Document(d) + "\n \n\n")));

    MaskedData Build(string path, double validation = 0.2, int threads = 2, int longest = 512, DataSource? source = null) => MaskedData.Build(
        new DataOptions { Sources = [source ?? new DataSource { Path = path }], Validation = validation },
        new SentenceOptions { Cut = SentenceCut.Lines, Longest = longest }, text.Tokenizer, text[$"cache-{threads}"], threads,
        stopping: TestContext.Current.CancellationToken);

    static int[][] Sentences(SentenceFile file) => [.. Enumerable.Range(0, (int)file.Sentences).Select(s =>
    {
        var ids = new int[file.StartOfSentence(s + 1) - file.StartOfSentence(s)];
        file.Read(file.StartOfSentence(s), ids);
        return ids;
    })];

    [Fact]
    public void Lines_are_sentences_and_empty_lines_part_documents()
    {
        using var data = Build(Documents(500));
        Assert.Equal(500, data.Train.Documents + data.HeldOut.Documents);
        Assert.InRange(data.HeldOut.Documents, 70, 130);
        Assert.Equal(1000, data.Train.Sentences + data.HeldOut.Sentences);
        var heldOut = Enumerable.Range(0, 500).Where(d => TokenizedData.Draw(1, Document(d)) < 0.2).Select(d => text.Tokenizer.EncodePlain(Document(d)));
        Assert.Equal(heldOut, Sentences(data.HeldOut).Chunk(2).Select(d => d.SelectMany(s => s).ToArray()));
        Assert.Equal(4 * 500 + 2 * 500, data.Train.Count + data.HeldOut.Count);
        using var again = Build(Documents(500), threads: 1);
        Assert.Equal(File.ReadAllBytes(data.Train.FilePath), File.ReadAllBytes(again.Train.FilePath));
        Assert.Equal(data.FullPath[^20..], again.FullPath[^20..]);
        using var shorter = Build(Documents(500), longest: 100);
        Assert.NotEqual(data.FullPath, shorter.FullPath);
        Assert.Empty(data.Broken);
    }

    [Fact]
    public void Long_sentences_are_cut_and_counted()
    {
        using var data = Build(text.Add("long.txt", $"{Words(Enumerable.Range(0, 45))}\n\n{Words([1])}\n\n{Words([2])}\n"), longest: 10, validation: 0.0001);
        Assert.Equal(3, data.Train.Documents + data.HeldOut.Documents);
        Assert.Equal(1, data.Train.CutSentences + data.HeldOut.CutSentences);
        Assert.Equal([1, 1, 5, 10, 10, 10, 10], Sentences(data.Train).Concat(Sentences(data.HeldOut)).Select(s => s.Length).Order());
    }

    [Fact]
    public void Prose_is_cut_by_rules()
    {
        var source = new DataSource { Path = text.Add("prose.txt", "w0 w4. w8 w12.|w16.\n\nw20 w24"), Documents = DocumentCut.Separator, Separator = "|" };
        using var data = MaskedData.Build(new DataOptions { Sources = [source with { Split = DataSplit.Train }, source with { Split = DataSplit.Validation }] },
            new SentenceOptions(), text.Tokenizer, text["cache"], stopping: TestContext.Current.CancellationToken);
        Assert.Equal((2, 3), (data.Train.Documents, data.Train.Sentences)); // a sentence does not begin in lower case
        Assert.Equal(Sentences(data.Train), Sentences(data.HeldOut));
    }

    [Fact]
    public void What_cannot_be_used_is_named()
    {
        Assert.Contains("expected at least two documents",
            Assert.Throws<MalformedFileException>(() => Build(text.Add("one.txt", "w0\nw4\n"), validation: 1e-9)).Message, StringComparison.Ordinal);
        Assert.Contains("lacks the special tokens", Assert.Throws<ArgumentException>(() => MaskedData.Build(
            new DataOptions { Sources = [new DataSource { Path = Documents(5) }] }, new SentenceOptions(), new ByteTokenizer(), text["cache"],
            stopping: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Contains("has a weight", Assert.Throws<ArgumentException>(() => Build("", source: new DataSource { Path = Documents(5), Weight = 1 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        string path;
        using (var data = Build(Documents(50)))
            path = data.Train.FilePath;
        var whole = File.ReadAllBytes(path);
        for (var at = 0; at < 80; at++)
        {
            if (at is >= 48 and < 56 or >= 64 and < 80) // bytes of text, sentences cut, and what is not read
                continue;
            var bytes = whole.ToArray();
            bytes[at] ^= 0x40;
            File.WriteAllBytes(path, bytes);
            Assert.Throws<MalformedFileException>(() => SentenceFile.Open(path, text.Tokenizer).Dispose());
        }
        for (var at = whole.Length - 1; at > whole.Length - 400; at -= 13)
        {
            var bytes = whole.ToArray();
            bytes[at] ^= 0x40;
            File.WriteAllBytes(path, bytes);
            Assert.Throws<MalformedFileException>(() => SentenceFile.Open(path, text.Tokenizer).Dispose());
            File.WriteAllBytes(path, whole[..at]);
            Assert.Throws<MalformedFileException>(() => SentenceFile.Open(path, text.Tokenizer).Dispose());
        }
    }

    [Fact]
    public void Word_parts_are_known_by_their_names()
    {
        var parts = MaskedMarks.WordParts(text.Tokenizer);
        Assert.Equal(50, parts.Count(p => p));
        Assert.True(parts[text.Tokenizer.IdOf("##p3")!.Value]);
        Assert.False(parts[text.Marks.Mask]);
    }
}
