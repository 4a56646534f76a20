using System.Globalization;
using System.Text.Json;
using CsCheck;
using Nonet.Text;
using Nonet.Text.Json;

namespace Nonet.Tests.Text;

public sealed class PipelineTokenizerTests : IDisposable
{
    static PipelineTokenizer? gpt2;
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static PipelineTokenizer Gpt2()
    {
        var files = SharedFolder.Find("data/tokenizers/gpt2");
        return gpt2 ??= (PipelineTokenizer)Tokenizer.Load(files);
    }

    [Theory] // ids that the released encoder gives
    [InlineData("Hello world", new[] { 15496, 995 })]
    [InlineData(" Hello  world\n\n  x", new[] { 18435, 220, 995, 628, 220, 2124 })]
    [InlineData("don't you've 12345 !!!", new[] { 9099, 470, 345, 1053, 17031, 2231, 220, 10185 })]
    [InlineData("", new int[0])]
    public void Gpt2_gives_the_known_ids(string text, int[] ids)
    {
        Assert.Equal(ids, Gpt2().Encode(text));
        Assert.Equal(text, Gpt2().Decode(ids));
    }

    [Fact] // a whole source file, tokenized by tiktoken
    public void Gpt2_gives_tiktokens_ids()
    {
        var text = File.ReadAllText(SharedFolder.Find("data/tokenizers/tiktoken/tests/lib.rs.txt"));
        var expected = JsonSerializer.Deserialize<int[]>(File.ReadAllText(SharedFolder.Find("data/tokenizers/tiktoken/tests/tokens_gpt2.json")));
        Assert.Equal(expected, Gpt2().Encode(text));
        Assert.Equal(text, Gpt2().Decode(expected));
    }

    [Fact] // texts and ids that lie beside GPT-2's vocabulary in GGUF
    public void Gpt2_gives_the_ids_of_the_GGUF_fixtures()
    {
        var texts = File.ReadAllText(SharedFolder.Find("data/tokenizers/gguf-vocab/ggml-vocab-gpt-2.gguf.inp")).Split("\n__ggml_vocab_test__\n");
        var ids = File.ReadAllLines(SharedFolder.Find("data/tokenizers/gguf-vocab/ggml-vocab-gpt-2.gguf.out"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.InRange(texts.Length, 40, ids.Length + 1);
        foreach (var (text, expected) in texts.Zip(ids))
        {
            Assert.Equal(expected, Gpt2().Encode(text));
            Assert.Equal(text, Gpt2().Decode(expected));
        }
    }

    [Fact] // é spells the byte 0xE9
    public void An_added_token_that_is_a_bytes_name_is_decoded_as_that_byte()
    {
        var bytes = Enumerable.Range(0, 256).Select(b => KeyValuePair.Create(ByteAlphabet.Character((byte)b).ToString(), b)).ToArray();
        var definition = TokenizerJsonWriter.ByteLevelBpe(bytes, [], [new AddedToken(0xE9, "é", Special: true)], split: "");
        var tokenizer = new PipelineTokenizer(TokenizerJson.Parse("tokenizer.json", definition));
        Assert.Equal([0xE9], tokenizer.Encode("é"));
        Assert.Equal("駧", tokenizer.Decode(tokenizer.EncodePlain("駧")));
    }

    [Fact]
    public void Any_text_comes_back()
    {
        var tokenizer = Gpt2();
        Gen.String.Where(t => !t.EnumerateRunes().Any(r => r.Value == 0xFFFD))
            .Sample(text => Assert.Equal(text, tokenizer.Decode(tokenizer.EncodePlain(text))), iter: 1000, threads: 1);
    }

    [Fact]
    public void Streaming_gives_the_same_text_in_whole_characters()
    {
        const string Text = "naïve — 😀 中文 𠀀 zero\u200Dwidth";
        var decoder = Gpt2().CreateDecoder();
        var pieces = Gpt2().Encode(Text).Select(decoder.Add).Append(decoder.Finish()).ToList();
        Assert.Equal(Text, string.Concat(pieces));
        Assert.DoesNotContain(pieces, p => p.Contains('\uFFFD', StringComparison.Ordinal));
    }

    [Fact]
    public void Special_tokens_are_recognised_unless_the_text_is_plain()
    {
        Assert.Equal([64, 50256, 65], Gpt2().Encode("a<|endoftext|>b"));
        Assert.DoesNotContain(50256, Gpt2().EncodePlain("a<|endoftext|>b"));
        Assert.Equal((50257, 50256), (Gpt2().Vocab, Gpt2().EndOfText));
    }

    [Fact]
    public void It_loads_from_what_it_saved()
    {
        Gpt2().Save(folder.Path);
        var loaded = Assert.IsType<PipelineTokenizer>(Tokenizer.Load(folder.Path));
        Assert.Equal(Gpt2().Fingerprint, loaded.Fingerprint);
        Assert.Equal(Gpt2().Encode("It was the best of times, it's 1859."), loaded.Encode("It was the best of times, it's 1859."));
    }

    [Fact] // the template and the split of LLaMA 3, over a vocabulary of bytes and two merges
    public void Templates_splits_and_whole_words_are_kept()
    {
        new ByteTokenizer().Save(folder.Path);
        File.Delete(folder["tokenizer_config.json"]);
        var json = File.ReadAllText(folder["tokenizer.json"]).Replace("\"merges\": []", "\"merges\": [[\"a\", \"b\"]]", StringComparison.Ordinal)
            .Replace("\"ignore_merges\": false", "\"ignore_merges\": true", StringComparison.Ordinal)
            .Replace("\"a\": 97,", "\"a\": 97, \"ab\": 257, \"xyz\": 258,", StringComparison.Ordinal)
            .Replace("\"pre_tokenizer\": {", """
                "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\p{N}{1,3}|\\p{L}+|[^\\p{N}\\p{L}]+"}, "behavior": "Isolated", "invert": false},
                  {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]},
                "old": {
                """, StringComparison.Ordinal)
            .Replace("\"post_processor\": {", """
                "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [256], "tokens": ["<|endoftext|>"]}}},
                "old2": {
                """, StringComparison.Ordinal);
        folder.Add("tokenizer.json", json);
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([256, 257, '1', '2', '3', '4', 258, ' ', 257, 257], tokenizer.Encode("ab1234xyz abab"));
        Assert.Equal(['x', 'y', 257], tokenizer.Encode("xyab", marks: false));
        Assert.Equal("ab1234xyz", tokenizer.Decode(tokenizer.EncodePlain("ab1234xyz")));
    }
}
