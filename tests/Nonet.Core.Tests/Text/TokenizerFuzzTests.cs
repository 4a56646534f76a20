using System.Text;
using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Tests.Formats;
using Nonet.Tests.Text.Tiktoken;
using Nonet.Tests.Text.WordPiece;
using Nonet.Text;
using Nonet.Text.Segmentation;

namespace Nonet.Tests.Text;

/// <summary>Mutated files of tokenizers: opened, and then used.</summary>
public sealed class TokenizerFuzzTests : IDisposable
{
    const string Sample = "The naïve 中文 <s>123</s>  don't\n ab aab 😀";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Opens what lies in the folder, encodes and decodes.</summary>
    void Use()
    {
        var tokenizer = Tokenizer.Load(folder.Path);
        try
        {
            var ids = tokenizer.Encode(Sample);
            tokenizer.Decode(ids);
            var encoded = tokenizer.EncodeFull(Sample, "ab");
            Assert.All(encoded.Tokens, t => Assert.True(t.Start >= 0 && t.Start <= t.End && t.End <= Sample.Length, $"{t}"));
            if (ids.Length > 0)
                tokenizer.BytesOf(ids[0]);
            tokenizer.EncodePlain(Sample);
        }
        catch (UnknownTokenException)
        {
            // a vocabulary that has lost its token for what is unknown
        }
    }

    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    const string Bpe = """{"type": "BPE", "unk_token": "<unk>", "byte_fallback": false, "ignore_merges": false, "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "▁": 4, "e": 5, "n": 6, "T": 7, "h": 8, "Th": 9}, "merges": ["a b", ["T", "h"]]}""";
    const string Word = """{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "the": 1, "##b": 2, "a": 3, "[CLS]": 4, "[SEP]": 5}}""";
    const string Unigram =
        """{"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0.0], ["▁", -2.5], ["a", -3.25], ["ab", -4.0], ["b", -3.5], ["▁ab", -6.0], ["<0x0A>", -9]]}""";
    const string WordLevel = """{"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "ab": 1, "The": 2}}""";

    static byte[] Json(string model, string normalizer, string pre, string post, string decoder,
        string added = """[{"id": 0, "content": "<s>", "special": true, "lstrip": true, "single_word": false, "normalized": false}]""") =>
        Utf8($$"""{"version": "1.0", "truncation": {"max_length": 9, "stride": 1, "strategy": "LongestFirst", "direction": "Right"}, "padding": null, "added_tokens": {{added}}, "normalizer": {{normalizer}}, "pre_tokenizer": {{pre}}, "post_processor": {{post}}, "decoder": {{decoder}}, "model": {{model}}}""");

    const string Template =
        """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[CLS]", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [4], "tokens": ["[CLS]"]}}}""";

    [Fact]
    public void Tokenizer_json()
    {
        const string Spell = """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}""";
        const string Split = """{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|(a+)+b|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false}, {"type": "Digits", "individual_digits": true}]}""";
        byte[][] seeds =
        [
            Json(Bpe, """{"type": "NFC"}""", Split, Spell, """{"type": "ByteLevel"}""",
                """[{"id": 11, "content": "<s>", "special": true, "normalized": true}]"""),
            Json(Bpe, """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"Regex": " {1,9}"}, "content": "▁"}, {"type": "Lowercase"}, {"type": "Strip", "strip_left": true}]}""", "null", "null",
                """{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}""", "[]"),
            Json(Bpe.Replace("\"<unk>\": 0", "\"<unk>\": 0, \"a</w>\": 10", StringComparison.Ordinal)
                .Replace("\"byte_fallback\": false", "\"end_of_word_suffix\": \"</w>\", \"fuse_unk\": true", StringComparison.Ordinal), """{"type": "NFKD"}""",
                """{"type": "Whitespace"}""",
                """{"type": "RobertaProcessing", "sep": ["b", 2], "cls": ["a", 1], "trim_offsets": true, "add_prefix_space": false}""",
                """{"type": "BPEDecoder", "suffix": "</w>"}""", "[]"),
            Json(Word, """{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}""",
                """{"type": "BertPreTokenizer"}""", Template, """{"type": "WordPiece", "prefix": "##", "cleanup": true}""", "[]"),
            Json(Unigram, """{"type": "Nmt"}""", """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}""",
                """{"type": "Sequence", "processors": [{"type": "BertProcessing", "sep": ["a", 2], "cls": ["b", 4]}]}""",
                """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}""", "[]"),
            Json(WordLevel, """{"type": "StripAccents"}""",
                """{"type": "Sequence", "pretokenizers": [{"type": "Punctuation", "behavior": "Removed"}, {"type": "CharDelimiterSplit", "delimiter": "e"}, {"type": "UnicodeScripts"}, {"type": "FixedLength", "length": 3}]}""", "null",
                """{"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true}"""),
        ];
        Fuzz.Run(folder["tokenizer.json"], seeds, Use);
    }

    [Fact]
    public void Tokenizer_config_json()
    {
        folder.Add("vocab.txt", BertFilesTests.Vocabulary);
        byte[][] seeds =
        [
            Utf8("""{"tokenizer_class": "BertTokenizer", "do_lower_case": true, "strip_accents": null, "tokenize_chinese_chars": true, "cls_token": "[CLS]", "sep_token": {"content": "[SEP]", "special": true}, "unk_token": "[UNK]", "mask_token": "[MASK]"}"""),
            Utf8("""{"added_tokens_decoder": {"0": {"content": "[PAD]", "lstrip": false, "normalized": false, "rstrip": false, "single_word": false, "special": true}, "11": {"content": "new", "special": false}}, "eos_token": "new", "model_max_length": 512}"""),
        ];
        Fuzz.Run(folder["tokenizer_config.json"], seeds, Use);
    }

    [Fact]
    public void Tiktoken()
    {
        var special = Utf8("""{"added_tokens_decoder": {"400": {"content": "<s>", "special": true}}}""");
        folder.Add("tokenizer_config.json", special);
        Fuzz.Run(folder["cl100k_base.tiktoken"],
            [Utf8(TiktokenFilesTests.Ranks("Th", " n", "ab", "aab", "12", "123", "don", "xyz")), Utf8(TiktokenFilesTests.Ranks())], Use);
    }

    [Fact]
    public void Vocab_txt() =>
        Fuzz.Run(folder["vocab.txt"], [Utf8(BertFilesTests.Vocabulary), Utf8(BertFilesTests.Vocabulary.Replace("\n", "\r\n", StringComparison.Ordinal))], Use);

    /// <summary>GPT-2's two files: all bytes, and two merges.</summary>
    (byte[] Vocabulary, byte[] Merges) Gpt2()
    {
        var vocabulary = new JsonObject();
        foreach (var b in Enumerable.Range(0, 256))
            vocabulary[ByteAlphabet.Character((byte)b).ToString()] = b;
        foreach (var token in new[] { "Th", "ab", "<|endoftext|>" })
            vocabulary[token] = vocabulary.Count;
        return (Utf8(vocabulary.ToJsonString()), Utf8("#version: 0.2\nT h\na b\n"));
    }

    [Fact]
    public void Vocab_json()
    {
        folder.Add("merges.txt", Gpt2().Merges);
        Fuzz.Run(folder["vocab.json"], [Gpt2().Vocabulary], Use);
    }

    [Fact]
    public void Merges_txt()
    {
        folder.Add("vocab.json", Gpt2().Vocabulary);
        Fuzz.Run(folder["merges.txt"], [Gpt2().Merges], Use);
    }

    [Theory] // patterns that go through more ways than there are, and one that is long
    [InlineData("(a+)+$")]
    [InlineData("(?:a|a)*b")]
    [InlineData("(a*)*(a*)*(a*)*b")]
    [InlineData("((a{1,999}){1,999}){1,999}b")]
    public void A_pattern_that_takes_too_long_is_refused_when_it_does(string pattern)
    {
        folder.Add("tokenizer.json",
            Json(WordLevel, "null", $$$"""{"type": "Split", "pattern": {"Regex": "{{{pattern}}}"}, "behavior": "Isolated"}""", "null", "null", "[]"));
        var tokenizer = Tokenizer.Load(folder.Path);
        var clock = ThreadClock.Start();
        try
        {
            tokenizer.Encode(new string('a', 4000) + "c");
        }
        catch (MalformedFileException e)
        {
            Assert.Contains("regular expression", e.Message, StringComparison.Ordinal);
        }
        clock.AssertAtMost(60);
    }
}
