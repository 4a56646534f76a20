using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Text;
using Nonet.Text.Gguf;

namespace Nonet.Tests.Text.WordPiece;

public sealed class BertFilesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Ids: 0 to 4 marks, 5 the, 6 ##s, 7 Élan, 8 elan, 9 中.</summary>
    internal const string Vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##s\nÉlan\nelan\n中\n[unused1]\n";

    Tokenizer Open(string? config = null, string vocabulary = Vocabulary)
    {
        folder.Add("vocab.txt", vocabulary);
        if (config is not null)
            folder.Add("tokenizer_config.json", config);
        return Tokenizer.Load(folder.Path);
    }

    [Fact]
    public void A_line_is_a_token_and_case_and_accents_go()
    {
        var tokenizer = Open();
        Assert.Equal([2, 5, 6, 8, 9, 4, 1, 3], tokenizer.Encode("THEs Élan中[MASK] x"));
        Assert.Equal([2, 5, 3, 8, 3], tokenizer.EncodeFull("the", "elan").Ids);
        Assert.Equal([0, 0, 0, 1, 1], tokenizer.EncodeFull("the", "elan").Types);
        Assert.Equal("thes elan", tokenizer.DecodeText([2, 5, 6, 8, 3]));
    }

    [Fact]
    public void Case_and_accents_stay_where_the_config_says_so()
    {
        var tokenizer = Open("""{"do_lower_case": false, "tokenizer_class": "BertTokenizerFast"}""");
        Assert.Equal([2, 1, 7, 3], tokenizer.Encode("The Élan"));
        Assert.Equal([2, 8, 1, 3], Open("""{"strip_accents": true, "do_lower_case": false}""").Encode("élan É"));
        Assert.Equal([2, 1, 3], Open("""{"tokenize_chinese_chars": false}""").Encode("x中x"));
    }

    [Fact]
    public void Marks_of_the_config_take_the_place_of_BERTs()
    {
        var tokenizer = Open(
            """{"cls_token": {"content": "<s>"}, "sep_token": "</s>", "unk_token": "<unk>", "added_tokens_decoder": {"4": {"content": "new word", "special": false}}}""", "<unk>\r\n<s>\r\n</s>\r\nthe\r\n");
        Assert.Equal([1, 3, 0, 4, 2], tokenizer.Encode("the x new word"));
        Assert.False(tokenizer.IsSpecial(4));
        Assert.True(tokenizer.IsSpecial(1));
    }

    [Theory]
    [InlineData("the\n", null, "[CLS]")]
    [InlineData("[CLS]\n[SEP]\n", null, "[UNK]")]
    [InlineData(Vocabulary, """{"tokenizer_class": "BertJapaneseTokenizer"}""", "tokenizer_class")]
    [InlineData(Vocabulary, """{"do_basic_tokenize": false}""", "do_basic_tokenize")]
    [InlineData(Vocabulary, """{"added_tokens_decoder": {"x": {}}}""", "added_tokens_decoder.x")]
    public void What_is_missing_or_cannot_be_done_is_named(string vocabulary, string? config, string name) =>
        Assert.Contains(name, Assert.Throws<MalformedFileException>(() => Open(config, vocabulary)).Message, StringComparison.Ordinal);

    [Fact]
    public void Ids_are_those_of_the_tokenizer_json_beside_it()
    {
        var fixtures = SharedFolder.Find("data/tokenizers/bert-base-uncased");
        var (text, json) = (Open(null, File.ReadAllText(Path.Combine(fixtures, "vocab.txt"))), Tokenizer.Load(Path.Combine(fixtures, "tokenizer.json")));
        Assert.Equal(json.Vocab, text.Vocab);
        foreach (var s in RandomStrings.Make(2000))
            Assert.Equal(json.EncodeFull(s).Tokens, text.EncodeFull(s).Tokens);
    }

    [Theory]
    [InlineData(Vocabulary, true)]
    [InlineData(Vocabulary, false)]
    public void GGUF_keeps_the_same_ids(string vocabulary, bool lower)
    {
        var tokenizer = Open($$"""{"do_lower_case": {{(lower ? "true" : "false")}}}""",
            lower ? vocabulary.Replace("Élan", "élan", StringComparison.Ordinal) : vocabulary);
        var read = Written(tokenizer, 16);
        foreach (var text in RandomStrings.Make(300).Append("THEs Élan中[MASK] [unused1] xs"))
        {
            Assert.Equal(tokenizer.Encode(text), read.Encode(text));
            Assert.Equal(tokenizer.Decode(tokenizer.Encode(text)), read.Decode(read.Encode(text)));
        }
        Assert.True(read.IsSpecial(2));
        var file = GgufFile.Open(folder["x.gguf"]);
        Assert.Equal(["[CLS]", "[SEP]", "[MASK]", "\u2581the", "s"], file.Metadata.Texts("tokenizer.ggml.tokens").Skip(2).Take(5));
    }

    [Fact]
    public void GGUF_keeps_a_published_vocabulary()
    {
        var tokenizer = Tokenizer.Load(SharedFolder.Find("data/tokenizers/bert-base-uncased/vocab.txt"));
        var read = Written(tokenizer, tokenizer.Vocab);
        foreach (var text in RandomStrings.Make(500))
            Assert.Equal(tokenizer.Encode(text), read.Encode(text));
    }

    [Fact]
    public void GGUF_refuses_what_its_readers_would_do_otherwise() =>
        Assert.Contains("capital", Assert.Throws<NotSupportedException>(() => Written(Open("""{"do_lower_case": true}"""), 16)).Message,
            StringComparison.Ordinal);

    Tokenizer Written(Tokenizer tokenizer, int vocab)
    {
        var writer = new GgufWriter().Text("general.architecture", "bert");
        GgufTokenizer.Write(writer, tokenizer, vocab);
        writer.Save(folder["x.gguf"]);
        return Tokenizer.Load(folder["x.gguf"]);
    }
}
