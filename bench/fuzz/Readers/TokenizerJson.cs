using Nonet.Fuzz.Making;
using Nonet.Text;

namespace Nonet.Fuzz.Readers;

/// <summary>tokenizer.json with fields lost, repeated, of other types.</summary>
sealed class TokenizerJsonFile : Reader
{
    /// <summary>The grammar's files of these numbers are sound and can encode anything.</summary>
    static readonly string[] seeds =
    [
        """{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{"id": 10, "content": "<s>", "special": true, "normalized": true}], "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": " {1,9}"}, "content": "▁"}]}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false}, {"type": "Digits", "individual_digits": true}]}, "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}, "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}, "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": false, "ignore_merges": false, "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "▁": 4, "e": 5, "n": 6, "T": 7, "h": 8, "Th": 9}, "merges": ["a b", ["T", "h"]]}}""",
        """{"version": "1.0", "truncation": {"max_length": 9, "stride": 1, "strategy": "LongestFirst", "direction": "Right"}, "padding": {"strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": 4, "pad_id": 0, "pad_type_id": 0, "pad_token": "[UNK]"}, "added_tokens": [], "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[CLS]", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [4], "tokens": ["[CLS]"]}}}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true}, "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "the": 1, "##b": 2, "a": 3, "[CLS]": 4, "[SEP]": 5}}}""",
        """{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{"id": 0, "content": "<unk>", "special": true}], "normalizer": {"type": "Nmt"}, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}, "post_processor": {"type": "Sequence", "processors": [{"type": "BertProcessing", "sep": ["a", 2], "cls": ["b", 4]}]}, "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}, "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0.0], ["▁", -2.5], ["a", -3.25], ["ab", -4.0], ["b", -3.5], ["▁ab", -6.0], ["<0x0A>", -9]]}}""",
        """{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "StripAccents"}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Punctuation", "behavior": "Removed"}, {"type": "CharDelimiterSplit", "delimiter": "e"}]}, "post_processor": null, "decoder": {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true}, "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "ab": 1, "The": 2}}}""",
    ];

    public override string Name => "tokenizer.json";

    public override int Share => 8;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var seed = dice.Of<string>(seeds);
        Write(folder, "tokenizer.json", sound ? SoundModels.Utf8(seed) : JsonPart.Parse(seed).Damaged(dice));
        return () => SoundTokenizers.Use(Tokenizer.Load(folder));
    }

    /// <summary>Seeds for other readers.</summary>
    public static string Sound(Dice dice) => dice.Of<string>(seeds);
}

/// <summary>tokenizer.json made by a grammar: components in any order and depth, any regular expression.</summary>
sealed class TokenizerPipeline : Reader
{
    public override string Name => "tokenizer.json, grammar";

    public override int Share => 10;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        Write(folder, "tokenizer.json", sound ? TokenizerJsonFile.Sound(dice) : new TokenizerGrammar(dice).Write());
        return () => SoundTokenizers.Use(Tokenizer.Load(folder));
    }
}
