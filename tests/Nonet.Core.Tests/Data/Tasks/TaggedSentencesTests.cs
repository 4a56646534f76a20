using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Tests.Data.Tasks;

public sealed class TaggedSentencesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Refused(TaggedSentenceOptions options, TaskLabels? labels = null) =>
        Assert.Throws<MalformedFileException>(() => TaggedSentences.Read(options, labels)).Message;

    [Fact]
    public void Columns_hold_a_word_a_line()
    {
        var path = folder.Add("eng.train", "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n\nPeter NNP B-NP B-PER\nBlackburn NNP I-NP I-PER");
        var sentences = TaggedSentences.Read(new TaggedSentenceOptions { Path = path });
        Assert.Equal(["EU rejects", "Peter Blackburn"], sentences.Items.Select(s => string.Join(' ', s.Words)));
        Assert.Equal(["O", "B-ORG", "B-PER", "I-PER"], sentences.Labels.Names);
        Assert.Equal([2, 3], sentences.Items[1].Classes);
        Assert.Equal(["NNP", "VBZ"], TaggedSentences.Read(new TaggedSentenceOptions { Path = path, TagColumn = 2 }).Labels.Names);
        Assert.Contains("4 columns on line 3", Refused(new TaggedSentenceOptions { Path = path, TagColumn = 5 }), StringComparison.Ordinal);
        Assert.Contains("label 'B-ORG' on line 3 or after it", Refused(new TaggedSentenceOptions { Path = path }, new TaskLabels(["O"])),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Json_holds_two_arrays()
    {
        var path = folder.Add("a.jsonl", "{\"tokens\": [\"a\", \"b\"], \"tags\": [0, 2]}\n");
        Assert.Equal(["0", "2"], Assert.Single(TaggedSentences.Read(new TaggedSentenceOptions { Path = path }).Items).Tags);
        var unequal = folder.Add("b.jsonl", "{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}\n");
        Assert.Contains("2 words and 1 tags in line 1; expected a tag for each word", Refused(new TaggedSentenceOptions { Path = unequal }),
            StringComparison.Ordinal);
        Assert.Contains("no sentence", Refused(new TaggedSentenceOptions { Path = folder.Add("c.conll", "\n\n") }), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_piece_of_a_word_has_its_label()
    {
        var tokenizer = Tokenizer.Load(folder.Add("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\njohn\n##son\nlives\nin\nnew\n-\nyork\n"));
        var aligned = AlignedWords.Of(tokenizer, ["Johnson", "lives", "\u200b", "in", "New-York", "Zz"], [1, 0, 0, 0, 2, 3]);
        Assert.Equal([5, 6, 7, 8, 9, 10, 11, 1], aligned.Ids);
        Assert.Equal([1, -1, 0, 0, 2, -1, -1, 3], aligned.Labels);
        Assert.Equal([0, 2, -1, 3, 4, 7], aligned.Rows);
        Assert.All(AlignedWords.Of(tokenizer, ["john"]).Labels, l => Assert.Equal(-1, l));
    }

    [Fact]
    public void Tokens_with_their_blank_before_them_are_aligned_too()
    {
        var gpt2 = Tokenizer.Load(SharedFolder.Find("data/tokenizers/gpt2"));
        var aligned = AlignedWords.Of(gpt2, ["Blackburn", "rejects", "EU"], [1, 2, 3]);
        Assert.Equal(["Blackburn", " rejects", " EU"],
            Enumerable.Range(0, 3).Select(w => gpt2.Decode(aligned.Ids.AsSpan()[aligned.Rows[w]..(w < 2 ? aligned.Rows[w + 1] : aligned.Ids.Length)])));
        Assert.Equal([1, 2, 3], aligned.Labels.Where(l => l >= 0));
    }
}
