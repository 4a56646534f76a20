using Nonet.Text;
using Nonet.Text.SentencePiece;

namespace Nonet.Tests.Text.SentencePiece;

/// <summary>Segmentations worked out by hand.</summary>
public class SentencePieceTests
{
    static readonly ScoredPiece[] marks = [new("<unk>", 0, PieceType.Unknown), new("<s>", 0, PieceType.Control), new("</s>", 0, PieceType.Control)];
    static readonly ScoredPiece[] bytes = [.. Enumerable.Range(0, 256).Select(b => new ScoredPiece($"<0x{b:X2}>", 0, PieceType.Byte))];

    static SentencePieceDefinition Model(SentencePieceKind kind, params ScoredPiece[] pieces) =>
        new() { Kind = kind, Pieces = [.. marks, .. pieces], Bos = 1, Eos = 2 };

    static PipelineTokenizer Build(SentencePieceDefinition definition) => new SentencePieceTokenizer { Definition = definition, File = "test.model" }.Build();

    static string Pieces(SentencePieceDefinition definition, string text)
    {
        var tokenizer = Build(definition);
        return string.Join(' ', tokenizer.EncodePlain(text).Select(tokenizer.TokenOf));
    }

    static ScoredPiece User(string text) => new(text, 0, PieceType.UserDefined);

    [Fact]
    public void Bpe_joins_the_piece_of_the_highest_score_first()
    {
        var model = Model(SentencePieceKind.Bpe, new("▁", -9), new("a", -9), new("b", -9), new("c", -9), new("ab", -2), new("bc", -1), new("abc", -3),
            new("▁a", -2.5f));
        Assert.Equal("▁a bc", Pieces(model, "abc")); // bc (-1) leaves no ab; ▁a (-2.5) comes before abc (-3)
    }

    [Fact]
    public void Of_equal_scores_the_leftmost_pair_is_joined()
    {
        var model = Model(SentencePieceKind.Bpe, new("▁", -9), new("a", -9), new("aa", -1), new("aaa", -1)) with { DummyPrefix = false };
        Assert.Equal("aaa aa", Pieces(model, "aaaaa")); // aa+a of the left before a+a of the right
        Assert.Equal(string.Join(' ', Enumerable.Repeat("aaa", 40)), Pieces(model, new string('a', 120))); // the way for long words, too
    }

    [Fact]
    public void A_piece_that_users_defined_is_never_joined()
    {
        var model = Model(SentencePieceKind.Bpe, new("▁", -9), new("a", -9), new("b", -9), new("ab", -1), new("aba", -1), User("ba"));
        Assert.Equal("▁ a ba", Pieces(model, "aba"));
        Assert.Equal("▁ ab ▁ ab", Pieces(model, "ab ab"));
    }

    [Fact]
    public void An_unused_piece_falls_into_its_halves()
    {
        var model = Model(SentencePieceKind.Bpe, new("▁", -9), new("a", -9), new("b", -9), new("c", -9), new("ab", -1), new("abc", -2, PieceType.Unused));
        Assert.Equal("▁ ab c", Pieces(model, "abc"));
    }

    [Fact]
    public void Unigram_takes_the_likeliest_way()
    {
        var model = Model(SentencePieceKind.Unigram, new("▁", -3), new("a", -3), new("b", -3), new("c", -3), new("▁ab", -4), new("bc", -1.5f), new("▁a", -2));
        Assert.Equal("▁a bc", Pieces(model, "abc")); // -3.5 against -7 for ▁ab c and -7.5 for ▁ a bc
    }

    [Theory]
    [InlineData(-2.5f, "▁a b")] // -4.5 against -4.75
    [InlineData(-2.75f, "▁ ab")] // equal: the way whose last piece begins first
    [InlineData(-3f, "▁ ab")] // -5 against -4.75
    public void Unigram_tells_ways_apart_that_are_near(float b, string expected)
    {
        var model = Model(SentencePieceKind.Unigram, new("▁", -3), new("a", -9), new("b", b), new("▁a", -2), new("ab", -1.75f));
        Assert.Equal(expected, Pieces(model, "ab"));
    }

    [Fact]
    public void Unigram_takes_a_piece_that_users_defined_for_the_likeliest()
    {
        var model = Model(SentencePieceKind.Unigram, new("▁", -3), new("a", -0.1f), new("b", -0.1f), new("▁ab", -4), User("ab"));
        Assert.Equal("▁ ab", Pieces(model, "ab")); // -3 - 0.1
    }

    [Theory]
    [InlineData(SentencePieceKind.Bpe)]
    [InlineData(SentencePieceKind.Unigram)]
    [InlineData(SentencePieceKind.Char)]
    public void What_is_unknown_in_a_row_is_one_piece(object kind)
    {
        var model = Model((SentencePieceKind)kind, new("▁", -3), new("a", -3));
        Assert.Equal("▁ a <unk> a <unk> ▁ a", Pieces(model, "aéßa中文 a"));
        Assert.Equal("a \u2047 a \u2047  a", Build(model).Decode(Build(model).EncodePlain("aéßa中文 a")));
    }

    [Theory]
    [InlineData(SentencePieceKind.Bpe)]
    [InlineData(SentencePieceKind.Unigram)]
    public void Or_the_bytes_of_it(object kind)
    {
        var model = Model((SentencePieceKind)kind, [new("▁", -3), new("a", -3), .. bytes]) with { ByteFallback = true };
        Assert.Equal("▁ a <0xC3> <0xA9> a", Pieces(model, "aéa"));
        var tokenizer = Build(model);
        var text = "a é 👩‍👩‍👧 中";
        Assert.Equal(text, tokenizer.Decode(tokenizer.EncodePlain(text)));
        Assert.Equal("a\uFFFD\uFFFDa", tokenizer.Decode([3, 4, 5 + 0xE4, 5 + 0xB8, 4])); // two thirds of a character
    }

    [Fact]
    public void Words_are_pieces_or_unknown()
    {
        var model = Model(SentencePieceKind.Word, new("▁the", -1), new("▁cat", -2));
        Assert.Equal("▁the <unk> ▁cat", Pieces(model, " the  old cat "));
    }

    [Fact]
    public void Spaces_are_what_the_model_says()
    {
        var model = Model(SentencePieceKind.Char, new("▁", -3), new("a", -3), new(" ", -3));
        Assert.Equal("▁ a ▁ a", Pieces(model, "  a   a "));
        Assert.Equal("▁ ▁ ▁ a ▁ ▁ ▁ a ▁", Pieces(model with { RemoveExtraSpaces = false }, "  a   a "));
        Assert.Equal("a ▁ a", Pieces(model with { DummyPrefix = false }, "  a   a "));
        Assert.Equal("a ▁ a ▁", Pieces(model with { SpaceAsSuffix = true }, "  a   a "));
        Assert.Equal("  a", Pieces(model with { EscapeSpaces = false }, "a"));
        Assert.Equal("", Pieces(model, "   "));
        Assert.Equal("", Pieces(model with { RemoveExtraSpaces = false }, ""));
    }

    [Fact]
    public void Tokens_know_their_part_of_the_text()
    {
        var model = Model(SentencePieceKind.Bpe, new("▁", -3), new("a", -3), new("b", -3), new("▁a", -1));
        var encoded = Build(model).EncodeFull("a  b👩a", null, new EncodeOptions { Marks = false });
        Assert.Equal([(0, 1), (1, 3), (3, 4), (4, 6), (6, 7)], encoded.Offsets);
    }

    [Fact]
    public void Marks_stand_around_texts_and_are_found_in_them()
    {
        var model = Model(SentencePieceKind.Char, new("▁", -3), new("a", -3), new("<", -3), new("s", -3), new(">", -3));
        var tokenizer = new SentencePieceTokenizer { Definition = model, File = "x", AddBos = true, AddEos = true }.Build();
        Assert.Equal([1, 3, 4, 2], tokenizer.Encode("a"));
        Assert.Equal([1, 1, 3, 4, 2], tokenizer.Encode("<s>a"));
        Assert.Equal([3, 5, 6, 7, 4], tokenizer.EncodePlain("<s>a"));
        Assert.Equal([1, 3, 4, 2, 3, 4, 2], tokenizer.EncodeFull("a", "a").Ids);
        Assert.Equal("<s> a</s>", tokenizer.Decode([1, 3, 4, 2]));
        Assert.Equal("a", tokenizer.DecodeText([1, 3, 4, 2]));
        var first = new SentencePieceTokenizer { Definition = model, File = "x", PrefixOnlyFirst = true }.Build();
        Assert.Equal([3, 4, 1, 4], first.Encode("a<s>a"));
    }

    [Fact]
    public void A_model_reads_back_as_it_was_written()
    {
        var model = Model(SentencePieceKind.Unigram, [new("▁", -3), new("a", -3.25f), User("ab"), .. bytes]) with
        {
            ByteFallback = true,
            DummyPrefix = false,
            SpaceAsSuffix = true,
            RemoveExtraSpaces = false,
            EscapeSpaces = false,
            UnknownSurface = "?",
            RuleName = "custom",
            CharsMap = new byte[] { 0, 0, 0, 0 },
            DecodedCharsMap = new byte[] { 0, 0, 0, 0 },
        };
        var read = SentencePieceProto.Read(SentencePieceProto.Write(model), "x");
        Assert.Equal(model.Pieces, read.Pieces);
        Assert.Equal(model.CharsMap.ToArray(), read.CharsMap.ToArray());
        Assert.Equal(model.DecodedCharsMap.ToArray(), read.DecodedCharsMap.ToArray());
        Assert.Equal(model with { Pieces = [], CharsMap = default, DecodedCharsMap = default },
            read with { Pieces = [], CharsMap = default, DecodedCharsMap = default });
    }

    [Fact]
    public void A_text_that_goes_on_keeps_its_spaces()
    {
        var tokenizer = Build(Model(SentencePieceKind.Bpe, new("▁", -3), new("▁a", -3), new("b", -3)));
        var decoder = tokenizer.CreateDecoder();
        Assert.Equal("a", decoder.Add(4));
        Assert.Equal(" a", decoder.Add(4));
        decoder = tokenizer.CreateDecoder();
        decoder.Follow([4, 5]);
        Assert.Equal(" a", decoder.Add(4));
        decoder = tokenizer.CreateDecoder();
        Assert.Equal("b a", string.Concat(new[] { 3, 5, 4 }.Select(decoder.Add)) + decoder.Finish());
    }
}
