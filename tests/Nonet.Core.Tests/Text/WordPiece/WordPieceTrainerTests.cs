using Nonet.Text;
using Nonet.Text.WordPiece;

namespace Nonet.Tests.Text.WordPiece;

public sealed class WordPieceTrainerTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static PipelineTokenizer Train(IEnumerable<string> texts, WordPieceTrainerOptions options, int? threads = null) =>
        WordPieceTrainer.Train(texts, options, threads, stopping: TestContext.Current.CancellationToken);

    static string[] Tokens(Tokenizer tokenizer) => [.. Enumerable.Range(0, tokenizer.Vocab).Select(id => tokenizer.TokenOf(id)!)];

    static readonly string[] hugs =
        [.. Enumerable.Repeat("hug", 10), .. Enumerable.Repeat("pug", 5), .. Enumerable.Repeat("pun", 12), .. Enumerable.Repeat("bun", 4),
        .. Enumerable.Repeat("hugs", 5)];

    // ##u ##g 20; ##u ##n 16; h ##ug 15; p ##un 12; p ##ug and hug ##s 5, of which p has the lower id; b ##un 4
    [Theory]
    [InlineData(30, 2, new[] { "##ug", "##un", "hug", "pun", "pug", "hugs", "bun" })]
    [InlineData(30, 5, new[] { "##ug", "##un", "hug", "pun", "pug", "hugs" })]
    [InlineData(18, 2, new[] { "##ug", "##un" })]
    public void Frequent_pairs_become_tokens_and_only_a_words_first_has_no_prefix(int vocab, int minFrequency, string[] merged)
    {
        var tokenizer = Train(hugs, new WordPieceTrainerOptions { Vocab = vocab, MinFrequency = minFrequency });
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "b", "g", "h", "n", "p", "s", "u", "##g", "##n", "##s", "##u", .. merged],
            Tokens(tokenizer));
    }

    [Fact]
    public void Text_is_normalised_and_cut_as_the_tokenizer_will_do_it()
    {
        string[] texts = ["Caf\u00e9s,\tCAFE\u0301\ncaf\u0007e", "\u4e2dcaf\u00e9"]; // cafes , cafe cafe; a Chinese character stands alone
        var lower = Train(texts, new WordPieceTrainerOptions { Vocab = 100 });
        // all pairs of cafe 4 times: by ids c ##a, ##f ##e, ca ##fe
        Assert.Equal([",", "a", "c", "e", "f", "s", "\u4e2d", "##a", "##e", "##f", "##s", "ca", "##fe", "cafe"], Tokens(lower)[5..]);
        Assert.Equal(["cafe", "##s"], lower.Encode("CAF\u00c9S", marks: false).Select(id => lower.TokenOf(id)));
        var cased = Train(texts, new WordPieceTrainerOptions { Vocab = 100, LowerCase = false });
        Assert.Contains("C", Tokens(cased));
        Assert.Contains("##\u00e9", Tokens(cased));
    }

    [Fact]
    public void The_alphabet_is_limited_to_the_most_frequent_and_begins_with_what_is_given()
    {
        // a 3, b 2, c 2, d 1: of b and c the lower code point is kept; z counts as most frequent of all
        var tokenizer = Train(["a b c", "a b c", "ad"], new WordPieceTrainerOptions { Vocab = 20, LimitAlphabet = 3, InitialAlphabet = "z" });
        Assert.Equal(["a", "b", "z"], Tokens(tokenizer)[5..]);
        Assert.Equal("[UNK]", tokenizer.TokenOf(Assert.Single(tokenizer.Encode("c", marks: false))));
    }

    [Fact]
    public void Marks_are_added_and_vocab_txt_lists_the_tokens()
    {
        var tokenizer = Train(hugs, new WordPieceTrainerOptions { Vocab = 30, Special = ["[TOOL]"] });
        tokenizer.Save(folder.Path);
        Assert.Equal(Tokens(tokenizer), File.ReadAllLines(folder["vocab.txt"]));
        var opened = Tokenizer.Load(folder.Path);
        Assert.Equal(["[CLS]", "hugs", "[TOOL]", "bun", "[SEP]"], opened.Encode("Hugs[TOOL] bun").Select(id => opened.TokenOf(id)));
        Assert.Equal(["[CLS]", "hugs", "[SEP]", "bun", "[SEP]"], opened.EncodeFull("hugs", "bun").Tokens.Select(t => opened.TokenOf(t.Id)));
        Assert.Equal("hugs bun", opened.DecodeText(opened.Encode("Hugs bun")));
    }

    [Fact]
    public void Threads_change_no_byte()
    {
        var texts = Enumerable.Range(0, 30)
            .Select(i => string.Join(' ',
            Enumerable.Range(0, 3000).Select(j => "It was the best of times, 1859.\n".Substring((i * 7 + j * 5) % 20, 3 + (i + j) % 9)))).ToArray();
        var options = new WordPieceTrainerOptions { Vocab = 400 };
        Assert.Equal(Train(texts, options, threads: 1).Definition.ToArray(), Train(texts, options, threads: 3).Definition.ToArray());
    }

    [Fact]
    public void Options_that_make_no_sense_are_named()
    {
        static string Refused(WordPieceTrainerOptions options, params string[] texts) => Assert.Throws<ArgumentException>(() => Train(texts, options)).Message;
        Assert.Contains("vocab is 5; expected 6", Refused(new() { Vocab = 5 }, "text"), StringComparison.Ordinal);
        Assert.Contains("vocab is 10: the text's characters, alone and with ##, and the special tokens are 11", Refused(new() { Vocab = 10 }, "text"),
            StringComparison.Ordinal);
        Assert.Contains("min_frequency is 0", Refused(new() { MinFrequency = 0 }, "text"), StringComparison.Ordinal);
        Assert.Contains("limit_alphabet is 0", Refused(new() { LimitAlphabet = 0 }, "text"), StringComparison.Ordinal);
        Assert.Contains("'[CLS]' is given twice", Refused(new() { Special = ["[CLS]"] }, "text"), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(new()), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(new(), " \n\u0007"), StringComparison.Ordinal);
    }
}
