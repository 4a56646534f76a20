using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>What stands beside a tokenizer.json and changes it. The ids are those of transformers 5.12.</summary>
public sealed class TokenizerFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    const string Words = """
        {"version": "1.0", "added_tokens": [{"id": 0, "content": "<s>", "special": true}], "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
         "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<s>": 0, "<unk>": 1, "user": 2, "hello": 3, "<odd>": 4}}}
        """;

    int[] Encode(string text, string json, params (string Name, string Content)[] beside)
    {
        folder.Add("tokenizer.json", json);
        foreach (var (name, content) in beside)
            folder.Add(name, content);
        var tokenizer = Tokenizer.Load(folder.Path);
        var ids = tokenizer.Encode(text);
        using var copy = new TemporaryFolder();
        tokenizer.Save(copy.Path); // what is saved holds it all
        Assert.Equal(ids, Tokenizer.Load(copy.Path).Encode(text));
        Assert.Equal(tokenizer.Fingerprint, Tokenizer.Load(copy.Path).Fingerprint);
        return ids;
    }

    [Fact]
    public void Tokens_that_only_the_config_names_are_found() =>
        Assert.Equal([5, 2, 3, 6], Encode("<a>user hello<b>", Words, ("tokenizer_config.json",
            """{"added_tokens_decoder": {"0": {"content": "<s>", "special": true}, "5": {"content": "<a>", "special": true, "normalized": false}, "6": {"content": "<b>", "special": true, "normalized": false}}}""")));

    [Fact]
    public void Tokens_of_added_tokens_json_are_found() =>
        Assert.Equal([5, 2, 3, 6], Encode("<a>user hello<b>", Words, ("added_tokens.json", """{"<a>": 5, "<b>": 6}""")));

    [Fact]
    public void Tokens_of_the_special_tokens_map_are_found() =>
        Assert.Equal([5, 2, 3, 6, 4], Encode("<a>user hello<b> <odd>", Words, ("special_tokens_map.json",
            """{"bos_token": "<a>", "eos_token": {"content": "<b>", "lstrip": false, "normalized": false, "rstrip": false, "single_word": false}, "additional_special_tokens": ["<odd>"]}""")));

    [Fact] // the list of ids in the config is the newer one
    public void A_special_tokens_map_is_not_read_beside_added_tokens_decoder() =>
        Assert.Equal([1],
            Encode("<a>", Words, ("special_tokens_map.json", """{"bos_token": "<a>"}"""), ("tokenizer_config.json", """{"added_tokens_decoder": {}}""")));

    [Fact]
    public void Flags_of_the_config_are_those_that_count() =>
        Assert.Equal([0, 0], Encode("<s> <s>", Words.Replace("\"special\": true", "\"special\": true, \"single_word\": true", StringComparison.Ordinal),
            ("tokenizer_config.json", """{"added_tokens_decoder": {"0": {"content": "<s>", "special": true, "lstrip": true}}}""")));

    const string Bert = """
        {"version": "1.0", "added_tokens": [], "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null,
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "Hé": 1, "hé": 2, "he": 3, "He": 4}}}
        """;

    [Theory]
    [InlineData("""{"tokenizer_class": "BertTokenizer"}""", 3)]
    [InlineData("""{"tokenizer_class": "BertTokenizer", "do_lower_case": false}""", 1)]
    [InlineData("""{"tokenizer_class": "BertTokenizerFast", "do_lower_case": false, "strip_accents": true}""", 4)]
    [InlineData("""{"tokenizer_class": "DistilBertTokenizer", "strip_accents": false}""", 2)]
    [InlineData("""{"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": false}""", 3)]
    [InlineData("""{"do_lower_case": false}""", 3)]
    public void Case_and_accents_are_as_the_config_says_for_classes_that_ask_it(string config, int id) =>
        Assert.Equal([id], Encode("Hé", Bert, ("tokenizer_config.json", config)));

    const string Bytes = """
        {"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}, "post_processor": null,
         "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"a": 0, "Ġ": 1, "Ġa": 2}, "merges": ["Ġ a"]}}
        """;

    [Theory]
    [InlineData("""{"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": true}""", 2)]
    [InlineData("""{"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": true}""", 2)]
    [InlineData("""{"tokenizer_class": "GPT2Tokenizer"}""", 0)]
    [InlineData("""{"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": true}""", 0)]
    public void A_space_before_the_text_is_as_the_config_says_for_classes_that_ask_it(string config, int id) =>
        Assert.Equal([id], Encode("a", Bytes, ("tokenizer_config.json", config)));
}
