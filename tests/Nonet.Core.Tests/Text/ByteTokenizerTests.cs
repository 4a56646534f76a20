using CsCheck;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Tests.Text;

public sealed class ByteTokenizerTests : IDisposable
{
    readonly ByteTokenizer tokenizer = new();
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Ids_are_bytes()
    {
        Assert.Equal([0x61, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80], tokenizer.Encode("aé😀"));
        Assert.Equal((257, 256), (tokenizer.Vocab, tokenizer.EndOfText));
    }

    [Fact]
    public void Any_text_comes_back() => Gen.String.Where(IsWellFormed).Sample(text =>
    {
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal(text, tokenizer.Decode(tokenizer.EncodePlain(text)));
    }, iter: 2000, threads: 1);

    [Fact]
    public void The_end_mark_is_one_id_unless_the_text_is_plain()
    {
        Assert.Equal([97, 256, 98, 256], tokenizer.Encode("a<|endoftext|>b<|endoftext|>"));
        Assert.Equal(15, tokenizer.EncodePlain("a<|endoftext|>b").Length);
        Assert.Equal("a<|endoftext|>", tokenizer.Decode([97, 256]));
    }

    [Fact]
    public void An_id_out_of_range_is_named()
    {
        foreach (var id in new[] { -1, 257 })
            Assert.Contains($"token id {id}: the vocabulary has ids 0 to 256", Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([id])).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_become_replacement_characters() => Assert.Equal("a\uFFFDb\uFFFD", tokenizer.Decode([97, 0xFF, 98, 0xC3]));

    [Fact]
    public void A_stream_holds_back_what_is_not_yet_a_character()
    {
        var decoder = tokenizer.CreateDecoder();
        Assert.Equal(["a", "", "é", "", "", "", "😀"], "aé😀"u8.ToArray().Select(b => decoder.Add(b)));
        Assert.Equal("", decoder.Finish());
        Assert.Equal("", decoder.Add(0xF0));
        Assert.Equal("\uFFFD", decoder.Finish());
        Assert.Equal("b", decoder.Add(98));
    }

    [Fact]
    public void It_loads_from_what_it_saved()
    {
        tokenizer.Save(folder.Path);
        var loaded = Assert.IsType<ByteTokenizer>(Tokenizer.Load(folder.Path));
        Assert.Equal(tokenizer.Fingerprint, loaded.Fingerprint);
    }

    [Fact] // the saved file, read as the BPE that it says it is
    public void What_it_saves_is_a_byte_level_BPE_with_the_same_ids()
    {
        tokenizer.Save(folder.Path);
        var bpe = PipelineTokenizer.FromFile(folder["tokenizer.json"]);
        Assert.Equal((257, 256), (bpe.Vocab, bpe.EndOfText));
        Gen.String.Where(IsWellFormed).Sample(text => Assert.Equal(tokenizer.Encode(text), bpe.Encode(text)), iter: 500, threads: 1);
        Assert.Equal(tokenizer.Encode("a<|endoftext|> b\n\n"), bpe.Encode("a<|endoftext|> b\n\n"));
    }

    [Fact]
    public void A_folder_without_one_is_named() =>
        Assert.Contains($"{folder.Path}: found no tokenizer", Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(folder.Path)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("\"merges\": []", "\"merges\": [\"ab\"]", "merge 0")]
    [InlineData("\"a\": 97", "\"a\": -97", "'model.vocab.a': -97")]
    public void A_tokenizer_that_is_not_supported_is_named(string from, string to, string message)
    {
        tokenizer.Save(folder.Path);
        File.Delete(folder["tokenizer_config.json"]);
        var json = File.ReadAllText(folder["tokenizer.json"]);
        Assert.Contains(from, json.Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal),
            StringComparison.Ordinal);
        folder.Add("tokenizer.json",
            json.Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal)
            .Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(message, Assert.Throws<MalformedFileException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    static bool IsWellFormed(string text) => !text.EnumerateRunes().Any(r => r.Value == 0xFFFD);
}
