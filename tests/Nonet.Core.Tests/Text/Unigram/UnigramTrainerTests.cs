using CsCheck;
using Nonet.Text;
using Nonet.Text.Unigram;

namespace Nonet.Tests.Text.Unigram;

public sealed class UnigramTrainerTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static PipelineTokenizer Train(IEnumerable<string> texts, UnigramTrainerOptions options, int? threads = null) =>
        UnigramTrainer.Train(texts, options, threads, stopping: TestContext.Current.CancellationToken);

    static string[] Books() =>
        [.. Enumerable.Range(0, 40)
            .Select(i => string.Join(' ',
            Enumerable.Range(0, 3000)
            .Select(j => "It was the best of times in 1859, don't you think?\n\n".Substring((i * 7 + j * 5) % 38, 3 + (i + j) % 13))))];

    static string[] Tokens(Tokenizer tokenizer) => [.. Enumerable.Range(0, tokenizer.Vocab).Select(id => tokenizer.TokenOf(id)!)];

    static string[] Cut(Tokenizer tokenizer, string text) => [.. tokenizer.EncodePlain(text).Select(id => tokenizer.TokenOf(id)!)];

    [Fact]
    public void Ids_are_marks_then_bytes_then_pieces_and_as_many_as_asked_for()
    {
        var tokenizer = Train(Books(), new UnigramTrainerOptions { Vocab = 370, Special = ["<pad>"], UserDefined = ["best of"] });
        var tokens = Tokens(tokenizer);
        Assert.Equal(370, tokens.Length);
        Assert.Equal(["<unk>", "<s>", "</s>", "<pad>", "best of", "<0x00>"], tokens[..6]);
        Assert.Equal("<0xFF>", tokens[5 + 255]);
        Assert.Contains("▁was", tokens);
        Assert.Contains("\n\n", tokens);
        Assert.Equal(2, tokenizer.EndOfText);
        Assert.Equal((true, false), (tokenizer.IsSpecial(3), tokenizer.IsSpecial(4)));
        Assert.Equal([4], tokenizer.Encode("best of"));
        var small = Train(Books(), new UnigramTrainerOptions { Vocab = 80, ByteFallback = false });
        Assert.Equal(80, small.Vocab);
        Assert.DoesNotContain("<0x00>", Tokens(small));
        Assert.All(Books()[0].Distinct().Where(c => c != ' '), c => Assert.Contains(c.ToString(), Tokens(small)));
    }

    [Fact]
    public void Threads_change_no_byte()
    {
        var options = new UnigramTrainerOptions { Vocab = 350 };
        var one = Train(Books(), options, threads: 1);
        Assert.All([2, 3], threads => Assert.Equal(one.Definition.ToArray(), Train(Books(), options, threads).Definition.ToArray()));
    }

    [Fact]
    public void Any_text_comes_back_but_for_one_space_at_its_beginning()
    {
        var tokenizer = Train(Books(), new UnigramTrainerOptions { Vocab = 400 });
        Gen.OneOf(Gen.String, Gen.Char[" \n\tIt was1859éß中<>0x/s"].Array[0, 30].Select(c => new string(c)))
            .Where(t => !t.EnumerateRunes().Any(r => r.Value is 0xFFFD or 0x2581)).Sample(
            text => Assert.Equal(text.StartsWith(' ') ? text[1..] : text, tokenizer.Decode(tokenizer.EncodePlain(text))), iter: 2000);
    }

    [Fact]
    public void Marks_that_a_text_spells_out_stay_text()
    {
        var tokenizer = Train(Books(), new UnigramTrainerOptions { Vocab = 400 });
        Assert.DoesNotContain("</s>", Cut(tokenizer, "It was</s>"));
        Assert.DoesNotContain("<0x41>", Cut(tokenizer, "<0x41>"));
        Assert.Equal(2, tokenizer.Encode("It was</s>")[^1]);
    }

    [Fact] // ж is one of 1,001 characters
    public void Characters_beyond_the_coverage_are_bytes_or_unknown()
    {
        string[] texts = [string.Concat(Enumerable.Repeat("ab ", 333)) + "ж"];
        Assert.Equal(["▁ab", "<0xD0>", "<0xB6>"], Cut(Train(texts, new UnigramTrainerOptions { Vocab = 400, CharacterCoverage = 0.99 }), "abж"));
        Assert.Equal(["▁ab", "<unk>"], Cut(Train(texts, new UnigramTrainerOptions { Vocab = 400, CharacterCoverage = 0.99, ByteFallback = false }), "abж"));
        Assert.Equal(["▁ab", "ж"], Cut(Train(texts, new UnigramTrainerOptions { Vocab = 400, CharacterCoverage = 1 }), "abж"));
    }

    [Fact]
    public void Normalisation_makes_blanks_one_space_and_compatible_characters_one()
    {
        string[] texts = [.. Enumerable.Repeat("\ufb01ne\n\u00a0fine \t\uff46ine", 20)];
        var tokenizer = Train(texts, new UnigramTrainerOptions { Vocab = 400, Normalization = UnigramNormalization.Nfkc });
        Assert.Equal(["▁fine", "▁fine", "▁fine"], Cut(tokenizer, texts[0]));
        Assert.DoesNotContain("\ufb01", Tokens(tokenizer));
        Assert.Contains("\n", Tokens(Train(texts, new UnigramTrainerOptions { Vocab = 400 })));
    }

    [Fact]
    public void What_is_saved_opens_with_the_same_ids()
    {
        var tokenizer = Train(Books(), new UnigramTrainerOptions { Vocab = 400 });
        tokenizer.Save(folder.Path);
        var opened = Tokenizer.Load(folder.Path);
        Assert.Equal(tokenizer.Fingerprint, opened.Fingerprint);
        Assert.Equal(tokenizer.Encode(Books()[3]), opened.Encode(Books()[3]));
        Assert.False(File.Exists(folder["vocab.txt"]));
    }

    [Fact]
    public void Options_that_make_no_sense_are_named()
    {
        static string Refused(UnigramTrainerOptions options, params string[] texts) => Assert.Throws<ArgumentException>(() => Train(texts, options)).Message;
        Assert.Contains("vocab is 259; expected 260", Refused(new() { Vocab = 259 }, "text"), StringComparison.Ordinal);
        Assert.Contains("vocab is 265; expected at least 259 reserved ids and", Refused(new() { Vocab = 265 }, "text"), StringComparison.Ordinal);
        Assert.Contains("character_coverage is 1.5", Refused(new() { CharacterCoverage = 1.5 }, "text"), StringComparison.Ordinal);
        Assert.Contains("max_piece_length is 0", Refused(new() { MaxPieceLength = 0 }, "text"), StringComparison.Ordinal);
        Assert.Contains("seed_size is 0", Refused(new() { SeedSize = 0 }, "text"), StringComparison.Ordinal);
        Assert.Contains("shrinking_factor is 1", Refused(new() { ShrinkingFactor = 1 }, "text"), StringComparison.Ordinal);
        Assert.Contains("sub_iterations is 0", Refused(new() { SubIterations = 0 }, "text"), StringComparison.Ordinal);
        Assert.Contains("'<s>' is given twice", Refused(new() { Special = ["<s>"] }, "text"), StringComparison.Ordinal);
        Assert.Contains("user_defined: '<s>' is given twice", Refused(new() { UserDefined = ["<s>"] }, "text"), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(new()), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(new(), "", ""), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(new() { Normalization = UnigramNormalization.Nfkc }, " \n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_of_a_pair_is_the_character_that_stands_for_it() =>
        Assert.Contains("\uFFFD", Tokens(Train(["a \uD800 \uD801 \uFFFD b \uDC00"], new UnigramTrainerOptions { Vocab = 400, CharacterCoverage = 1 })));

    [Fact]
    public void It_can_be_stopped()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => UnigramTrainer.Train(["text"], new UnigramTrainerOptions(), threads: 2, stopping: source.Token));
    }
}
