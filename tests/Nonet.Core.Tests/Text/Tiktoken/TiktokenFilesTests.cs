using System.Text;
using System.Text.Json;
using Nonet.Files;
using Nonet.Text;
using Nonet.Text.Tiktoken;

namespace Nonet.Tests.Text.Tiktoken;

public sealed class TiktokenFilesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>All bytes, by value, and more tokens after them.</summary>
    internal static string Ranks(params string[] more) =>
        string.Concat(Enumerable.Range(0, 256).Select(b => new[] { (byte)b }).Concat(more.Select(Encoding.UTF8.GetBytes))
            .Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}\n"));

    [Theory]
    [InlineData("r50k_base", "r50k_base", "tokens_r50k_base")]
    [InlineData("gpt2", "gpt2", "tokens_gpt2")]
    [InlineData("p50k_base", "p50k_base", "tokens_p50k_base")]
    [InlineData("p50k_base", "p50k_edit", "tokens_p50k_edit")]
    [InlineData("cl100k_base", "cl100k_base", "tokens")]
    [InlineData("o200k_base", "o200k_base", "tokens_gpt4o")]
    [InlineData("o200k_base", "o200k_harmony", "tokens_gpt4o")]
    public void Ids_are_those_of_the_fixtures_and_come_back_as_the_text(string file, string encoding, string ids)
    {
        var fixtures = SharedFolder.Find("data/tokenizers/tiktoken");
        File.Copy(Path.Combine(fixtures, file + ".tiktoken"), folder[encoding + ".tiktoken"]);
        var tokenizer = Tokenizer.Load(folder.Path);
        var text = File.ReadAllText(Path.Combine(fixtures, "tests", "lib.rs.txt"));
        var expected = JsonSerializer.Deserialize<int[]>(File.ReadAllBytes(Path.Combine(fixtures, "tests", ids + ".json")))!;
        Assert.Equal(expected, tokenizer.EncodePlain(text));
        Assert.Equal(expected, tokenizer.EncodeFull(text).Ids);
        Assert.Equal(text, tokenizer.Decode(expected));
    }

    [Fact]
    public void A_file_is_opened_by_its_path_and_saved_as_a_tokenizer_json_of_the_same_ids()
    {
        var tokenizer = Tokenizer.Load(folder.Add("cl100k_base.tiktoken", Ranks("th", "the", " t", " the")));
        const string Text = " the<|endoftext|>\nthe <|endofprompt|>";
        Assert.Equal([259, 100257, 10, 257, 32, 100276], tokenizer.Encode(Text));
        Assert.Equal(100257, tokenizer.EndOfText);
        Assert.Equal(100277, tokenizer.Vocab);
        using var saved = new TemporaryFolder();
        tokenizer.Save(saved.Path);
        var again = Tokenizer.Load(saved.Path);
        Assert.Equal(tokenizer.Encode(Text), again.Encode(Text));
        Assert.Equal(tokenizer.Fingerprint, again.Fingerprint);
        Assert.Equal(tokenizer.EndOfText, again.EndOfText);
    }

    [Fact]
    public void Neighbours_are_joined_by_rank_and_a_token_that_no_join_makes_is_found_as_a_whole_word()
    {
        // 256 bc, 257 ab, 258 abc (a and bc, as 256 is less), 259 xyz (no two of its bytes are a token)
        var tokenizer = Tokenizer.Load(folder.Add("gpt2.tiktoken", Ranks("bc", "ab", "abc", "xyz")));
        Assert.Equal([258], tokenizer.Encode("abc"));
        Assert.Equal([257, 'd'], tokenizer.Encode("abd"));
        Assert.Equal([259], tokenizer.Encode("xyz"));
        Assert.Equal(['x', 'y', 'z', 'w'], tokenizer.Encode("xyzw"));
    }

    [Fact]
    public void A_token_is_joined_of_tokens_of_higher_rank_where_no_others_are_left()
    {
        // 256 abcd is of cd, 257, and of ab, 258
        var tokenizer = Tokenizer.Load(folder.Add("gpt2.tiktoken", Ranks("abcd", "cd", "ab")));
        Assert.Equal(['z', 256, 'z'], tokenizer.Encode("zabcdz"));
    }

    [Fact]
    public void Llama_3s_tokenizer_model_begins_every_text_with_its_mark()
    {
        folder.Add("tokenizer.model", Ranks("th", "the"));
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([128000, 257, 128009], tokenizer.Encode("the<|eot_id|>"));
        Assert.Equal("<|reserved_special_token_2|>", tokenizer.TokenOf(128005));
        Assert.Equal("<|reserved_special_token_247|>", tokenizer.TokenOf(128255));
        Assert.Equal(128001, tokenizer.EndOfText);
    }

    [Fact]
    public void Qwens_is_normalised_and_takes_digits_singly()
    {
        folder.Add("tokenizer_config.json", """{"tokenizer_class": "QWenTokenizer", "auto_map": {"AutoTokenizer": ["x.Y", null]}, "model_max_length": 8192}""");
        var tokenizer = Tokenizer.Load(folder.Add("my.tiktoken", Ranks("é", "12")));
        Assert.Equal([256, '1', '2', 151643], tokenizer.Encode("e\u030112<|endoftext|>"));
        var config = Encoding.UTF8.GetString(tokenizer.Config.Span);
        Assert.Contains("model_max_length", config, StringComparison.Ordinal);
        Assert.DoesNotContain("auto_map", config, StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_of_tokenizer_config_json_take_the_place_of_the_encodings()
    {
        folder.Add("tokenizer_config.json", """{"added_tokens_decoder": {"300": {"content": "<|mine|>", "special": true}}, "eos_token": "<|mine|>"}""");
        var tokenizer = Tokenizer.Load(folder.Add("cl100k_base.tiktoken", Ranks()));
        Assert.Equal([300], tokenizer.Encode("<|mine|>"));
        Assert.Equal(300, tokenizer.EndOfText);
        Assert.Equal(301, tokenizer.Vocab);
    }

    [Theory]
    [InlineData("IQ== 0\nIg== x\n", "line 2")]
    [InlineData("IQ== 0\nIg= 1\n", "line 2")]
    [InlineData("IQ== 0\nIQ== 1\n", "line 2")]
    [InlineData("IQ== 0\nIg== 1\n", "0x00")]
    public void A_file_that_is_none_is_refused_with_the_line(string content, string names)
    {
        var path = folder.Add("gpt2.tiktoken", content);
        var e = Assert.Throws<MalformedFileException>(() => Tokenizer.Load(path));
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(names, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_encoding_is_refused_with_those_that_are_known()
    {
        var path = folder.Add("other.tiktoken", Ranks());
        var e = Assert.Throws<MalformedFileException>(() => Tokenizer.Load(path));
        Assert.Contains("other.tiktoken", e.Message, StringComparison.Ordinal);
        Assert.Contains("o200k_harmony.tiktoken", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_that_is_a_special_tokens_is_refused()
    {
        var path = folder.Add("gpt2.tiktoken", Ranks() + "dGhl 50256\n");
        Assert.Contains("<|endoftext|>", Assert.Throws<MalformedFileException>(() => Tokenizer.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_files_in_a_folder_none_is_taken()
    {
        folder.Add("gpt2.tiktoken", Ranks());
        Assert.True(Tokenizer.IsIn(folder.Path));
        folder.Add("r50k_base.tiktoken", Ranks());
        Assert.False(Tokenizer.IsIn(folder.Path));
        Assert.True(Tokenizer.IsIn(folder["gpt2.tiktoken"]));
    }

    [Fact]
    public void A_sentencepiece_model_is_no_file_of_ranks() => Assert.False(TiktokenRanks.Is("\n\u000e\n\u0005<unk>\u0015"u8));
}
