using System.Text;
using Nonet.Files;
using Nonet.Text;
using Nonet.Text.SentencePiece;

namespace Nonet.Tests.Text.SentencePiece;

public sealed class SentencePieceFilesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly SentencePieceDefinition model = new()
    {
        Kind = SentencePieceKind.Char,
        Pieces = [new("<unk>", 0, PieceType.Unknown), new("<s>", 0, PieceType.Control), new("</s>", 0, PieceType.Control), new("▁", -1), new("a", -2),
            new("b", -3)],
        Bos = 1,
        Eos = 2,
    };

    void Add(string name = "tokenizer.model") => folder.Add(name, SentencePieceProto.Write(model));

    [Fact]
    public void A_model_alone_adds_no_marks()
    {
        Add("x.model");
        Assert.Equal([3, 4], Tokenizer.Load(folder["x.model"]).Encode("a"));
        Add();
        Assert.Equal([3, 4], Tokenizer.Load(folder.Path).Encode("a"));
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer"}""", null, new[] { 1, 3, 4 })]
    [InlineData("""{"tokenizer_class": "LlamaTokenizerFast", "add_eos_token": true, "add_bos_token": false}""", null, new[] { 3, 4, 2 })]
    [InlineData("""{"tokenizer_class": "T5Tokenizer"}""", null, new[] { 3, 4, 2 })]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "eos_token": {"content": "<s>"}, "add_eos_token": true, "add_prefix_space": false}""", null,
        new[] { 1, 4, 1 })]
    [InlineData(null, """{"model_type": "mistral"}""", new[] { 1, 3, 4 })]
    [InlineData(null, """{"model_type": "t5"}""", new[] { 3, 4, 2 })]
    [InlineData(null, """{"model_type": "bert"}""", new[] { 3, 4 })]
    public void The_files_beside_it_name_marks(string? tokenizerConfig, string? config, int[] expected)
    {
        Add();
        if (tokenizerConfig is not null)
            folder.Add("tokenizer_config.json", tokenizerConfig);
        if (config is not null)
            folder.Add("config.json", config);
        Assert.Equal(expected, Tokenizer.Load(folder.Path).Encode("a"));
    }

    [Fact]
    public void T5_has_sentinels_behind_its_pieces()
    {
        Add("spiece.model");
        folder.Add("tokenizer_config.json", """{"tokenizer_class": "T5Tokenizer", "extra_ids": 3}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal(9, tokenizer.Vocab);
        Assert.Equal([3, 4, 8, 3, 5, 6, 2], tokenizer.Encode("a<extra_id_0>b<extra_id_2>"));
    }

    [Fact]
    public void Added_tokens_are_found()
    {
        Add();
        folder.Add("added_tokens.json", """{"<pad>": 6}""");
        folder.Add("tokenizer_config.json", """{"added_tokens_decoder": {"7": {"content": "[INST]", "special": true}}, "tokenizer_class": "LlamaTokenizer"}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal((8, true, false), (tokenizer.Vocab, tokenizer.IsSpecial(7), tokenizer.IsSpecial(6)));
        Assert.Equal([1, 7, 3, 4, 6], tokenizer.Encode("[INST]a<pad>"));
        Assert.Equal("[INST] a<pad>", tokenizer.Decode([7, 3, 4, 6]));
    }

    [Fact]
    public void It_is_saved_as_it_was()
    {
        Add();
        folder.Add("tokenizer_config.json", """{"tokenizer_class": "LlamaTokenizer", "legacy": false}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        var other = Directory.CreateDirectory(folder["other"]).FullName;
        tokenizer.Save(other);
        Assert.Equal(File.ReadAllBytes(folder["tokenizer.model"]), File.ReadAllBytes(Path.Combine(other, "tokenizer.model")));
        Assert.Equal(tokenizer.Encode("ab<s>a"), Tokenizer.Load(other).Encode("ab<s>a"));
        Assert.Equal(tokenizer.Fingerprint, Tokenizer.Load(other).Fingerprint);
    }

    [Fact]
    public void A_saved_tokenizer_keeps_marks_spaces_and_added_tokens()
    {
        var bytes = Enumerable.Range(0, 256).Select(b => new ScoredPiece($"<0x{b:X2}>", 0, PieceType.Byte));
        var bpe = model with
        {
            Kind = SentencePieceKind.Bpe,
            RemoveExtraSpaces = false,
            ByteFallback = true,
            Pieces = [.. model.Pieces, new("▁a", -0.5f), .. bytes]
        };
        folder.Add("tokenizer.model", SentencePieceProto.Write(bpe));
        folder.Add("tokenizer_config.json",
            """{"tokenizer_class": "LlamaTokenizer", "legacy": false, "added_tokens_decoder": {"5": {"content": "b", "special": true, "lstrip": true}, "263": {"content": "[x]", "special": false}}}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        var other = Directory.CreateDirectory(folder["other"]).FullName;
        tokenizer.Save(other);
        File.Delete(Path.Combine(other, "tokenizer.model"));
        var read = Tokenizer.Load(other);
        foreach (var text in new[] { "a</s>a", "a b a", "a  b[x] a", "é" })
            Assert.Equal(tokenizer.Encode(text), read.Encode(text));
        Assert.Equal((true, false), (read.IsSpecial(5), read.IsSpecial(263)));
        Assert.Equal([1, 6, 2, 4], read.Encode("a</s>a"));
    }

    [Theory]
    [InlineData(0, "no pieces")]
    [InlineData(9, "a complete file; is it truncated?")]
    public void A_truncated_model_is_refused(int length, string expected)
    {
        folder.Add("tokenizer.model", SentencePieceProto.Write(model)[..length]);
        Assert.Contains(expected, Assert.Throws<MalformedFileException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        string Refused(SentencePieceDefinition bad)
        {
            folder.Add("tokenizer.model", SentencePieceProto.Write(bad));
            return Assert.Throws<MalformedFileException>(() => Tokenizer.Load(folder.Path)).Message;
        }
        Assert.Contains("piece 6, 'a', twice", Refused(model with { Pieces = [.. model.Pieces, new("a", 0)] }), StringComparison.Ordinal);
        Assert.Contains("piece 6 of 1025 characters", Refused(model with { Pieces = [.. model.Pieces, new(new string('a', 1025), 0)] }),
            StringComparison.Ordinal);
        Assert.Contains("pieces[3].2: a score that is no number", Refused(model with { Pieces = [.. model.Pieces.Take(3), new("a", float.NaN)] }),
            StringComparison.Ordinal);
        Assert.Contains("pieces[0].3: type 9", Refused(model with { Pieces = [new("a", 0, (PieceType)9)], Bos = -1, Eos = -1 }), StringComparison.Ordinal);
        Assert.Contains("trainer_spec.3: model_type 7", Refused(model with { Kind = (SentencePieceKind)7 }), StringComparison.Ordinal);
        Assert.Contains("'normalizer_spec.precompiled_charsmap': 3 bytes", Refused(model with { CharsMap = new byte[3] }), StringComparison.Ordinal);
        folder.Add("tokenizer_config.json", """{"tokenizer_class": "XLMRobertaTokenizer"}""");
        Add();
        Assert.Contains("XLMRobertaTokenizer, which is not supported", Assert.Throws<NotSupportedException>(() => Tokenizer.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Marians_pieces_have_the_ids_of_its_vocabulary()
    {
        Add("source.spm");
        Add("target.spm");
        folder.Add("vocab.json", Encoding.UTF8.GetBytes("""{"</s>": 0, "<unk>": 1, "a": 2, "▁": 3, "é": 4, ">>de<<": 5, "<pad>": 6}"""));
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([5, 3, 2, 1, 4, 3, 2, 0], tokenizer.Encode(">>de<<abé a")); // b is a piece without an id, é no piece but in the vocabulary
        Assert.Equal("a a", tokenizer.DecodeText([3, 2, 3, 2, 0]));
        tokenizer.Save(Directory.CreateDirectory(folder["other"]).FullName);
        Assert.Equal(tokenizer.Encode("ab"), Tokenizer.Load(folder["other"]).Encode("ab"));
    }
}
