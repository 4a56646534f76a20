using System.Globalization;

namespace Nonet.Fuzz.Making;

/// <summary>tokenizer.json files whose components are sound by themselves and put together in any way.</summary>
sealed class TokenizerGrammar(Dice dice)
{
    static readonly string[] models =
    [
        """{"type": "BPE", "unk_token": "<unk>", "byte_fallback": false, "ignore_merges": false, "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "▁": 4, "e": 5, "n": 6, "T": 7, "h": 8, "Th": 9}, "merges": ["a b", ["T", "h"]]}""",
        """{"type": "BPE", "unk_token": "<unk>", "end_of_word_suffix": "</w>", "fuse_unk": true, "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "a</w>": 4, "b</w>": 5, "aa": 6, "aaaa": 7}, "merges": ["a b", "a a", "aa aa"]}""",
        """{"type": "BPE", "continuing_subword_prefix": "##", "ignore_merges": true, "vocab": {"a": 0, "##b": 1, "a##b": 2, "##a": 3}, "merges": []}""",
        """{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100000, "vocab": {"[UNK]": 0, "the": 1, "##b": 2, "a": 3, "[CLS]": 4, "[SEP]": 5, "##a": 6, "##aa": 7}}""",
        """{"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0.0], ["▁", -2.5], ["a", -3.25], ["ab", -4.0], ["b", -3.5], ["▁ab", -6.0], ["<0x0A>", -9]]}""",
        """{"type": "Unigram", "unk_id": null, "vocab": [["a", -1.0], ["aa", -2.0]]}""",
        """{"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "ab": 1, "The": 2}}""",
    ];

    public string Write() => string.Create(CultureInfo.InvariantCulture, $$"""
        {"version": "1.0", "truncation": {{Truncation()}}, "padding": {{Padding()}}, "added_tokens": [{{List(3, Added)}}], "normalizer": {{Normalizer(4)}}, "pre_tokenizer": {{PreTokenizer(4)}},
         "post_processor": {{PostProcessor(3)}}, "decoder": {{Decoder(4)}}, "model": {{dice.Of<string>(models)}}}
        """);

    string Truncation() =>
        dice.OneIn(3) ? $$"""{"max_length": {{dice.Of(0, 1, 3, 9, 512)}}, "stride": {{dice.Of(0, 0, 1, 9, 600)}}, "strategy": "{{dice.Of("LongestFirst", "OnlyFirst", "OnlySecond")}}", "direction": "{{dice.Of("Left", "Right")}}"}""" : "null";

    string Padding() => dice.OneIn(3)
        ? $$"""{"strategy": {{dice.Of("\"BatchLongest\"", "{\"Fixed\": 20}", "{\"Fixed\": 0}", "{\"Fixed\": 100000000}")}}, "direction": "{{dice.Of("Left", "Right")}}", "pad_to_multiple_of": {{dice.Of("null", "8", "1000000")}}, "pad_id": {{dice.Of(0, 3, 999)}}, "pad_type_id": 0, "pad_token": "<unk>"}"""
        : "null";

    string Added() => $$"""{"id": {{dice.Of(0, 1, 9, 11, 12, 13, 500)}}, "content": {{Text("<s>", "ab", " ", "the", "</s>", "é")}}, "special": {{Flag()}}, "lstrip": {{Flag()}}, "rstrip": {{Flag()}}, "single_word": {{Flag()}}, "normalized": {{Flag()}}}""";

    string Normalizer(int depth) => dice.Below(13) switch
    {
        0 or 1 when depth > 0 => $$"""{"type": "Sequence", "normalizers": [{{List(4, () => Normalizer(depth - 1))}}]}""",
        2 => $$"""{"type": "{{dice.Of("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")}}"}""",
        3 => $$"""{"type": "Prepend", "prepend": {{Text("▁", "a", "aa", "")}}}""",
        4 or 5 => $$"""{"type": "Replace", "pattern": {{Pattern()}}, "content": {{Text("", "a", "aa", " ", "▁", "$0$0", "\\\\1")}}}""",
        6 => $$"""{"type": "Strip", "strip_left": {{Flag()}}, "strip_right": {{Flag()}}}""",
        7 => $$"""{"type": "BertNormalizer", "clean_text": {{Flag()}}, "handle_chinese_chars": {{Flag()}}, "strip_accents": {{dice.Of("null", "true", "false")}}, "lowercase": {{Flag()}}}""",
        8 => $$"""{"type": "Precompiled", "precompiled_charsmap": "{{dice.Of("", "AAAAAA==", "EAAAAAAEAABhBQAAAAAAgAAAAABiAA==", "////////", "BAAAAAAAAAA=")}}"}""",
        _ => "null",
    };

    string PreTokenizer(int depth) => dice.Below(14) switch
    {
        0 or 1 when depth > 0 => $$"""{"type": "Sequence", "pretokenizers": [{{List(4, () => PreTokenizer(depth - 1))}}]}""",
        2 => $$"""{"type": "{{dice.Of("Whitespace", "WhitespaceSplit", "BertPreTokenizer", "UnicodeScripts")}}"}""",
        3 => $$"""{"type": "ByteLevel", "add_prefix_space": {{Flag()}}, "trim_offsets": {{Flag()}}, "use_regex": {{Flag()}}}""",
        4 or 5 => $$"""{"type": "Split", "pattern": {{Pattern()}}, "behavior": "{{Behavior()}}", "invert": {{Flag()}}}""",
        6 => $$"""{"type": "Punctuation", "behavior": "{{Behavior()}}"}""",
        7 => $$"""{"type": "Digits", "individual_digits": {{Flag()}}}""",
        8 => $$"""{"type": "Metaspace", "replacement": "{{dice.Of("▁", "_", "a")}}", "prepend_scheme": "{{dice.Of("always", "first", "never")}}", "split": {{Flag()}}}""",
        9 => $$"""{"type": "CharDelimiterSplit", "delimiter": "{{dice.Of("e", " ", "a")}}"}""",
        10 => $$"""{"type": "FixedLength", "length": {{dice.Of(1, 3, 1000000)}}}""",
        _ => "null",
    };

    string PostProcessor(int depth) => dice.Below(9) switch
    {
        0 when depth > 0 => $$"""{"type": "Sequence", "processors": [{{List(3, () => PostProcessor(depth - 1))}}]}""",
        1 => $$"""{"type": "RobertaProcessing", "sep": ["b", {{dice.Of(0, 2, 900)}}], "cls": ["a", 1], "trim_offsets": {{Flag()}}, "add_prefix_space": {{Flag()}}}""",
        2 => """{"type": "BertProcessing", "sep": ["a", 2], "cls": ["b", 4]}""",
        3 => $$"""{"type": "ByteLevel", "add_prefix_space": {{Flag()}}, "trim_offsets": {{Flag()}}, "use_regex": {{Flag()}}}""",
        4 or 5 => $$$"""{"type": "TemplateProcessing", "single": [{{{List(4, () => Piece(false))}}}], "pair": [{{{List(5, () => Piece(true))}}}], "special_tokens": {"X": {"id": "X", "ids": [{{{List(3, () => dice.Of("0", "1", "4", "900"))}}}], "tokens": [{{{List(3, () => "\"X\"")}}}] } }}""",
        _ => "null",
    };

    string Piece(bool pair) =>
        dice.OneIn(2) ? $$$"""{"SpecialToken": {"id": "X", "type_id": {{{dice.Of(0, 1)}}}}}"""
        : $$$"""{"Sequence": {"id": "{{{(pair ? dice.Of("A", "B") : "A")}}}", "type_id": {{{dice.Of(0, 1)}}}}}""";

    string Decoder(int depth) => dice.Below(13) switch
    {
        0 or 1 when depth > 0 => $$"""{"type": "Sequence", "decoders": [{{List(4, () => Decoder(depth - 1))}}]}""",
        2 => $$"""{"type": "{{dice.Of("ByteLevel", "ByteFallback", "Fuse")}}"}""",
        3 => $$"""{"type": "WordPiece", "prefix": {{Text("##", "", "a")}}, "cleanup": {{Flag()}}}""",
        4 or 5 => $$"""{"type": "Replace", "pattern": {{Pattern()}}, "content": {{Text("", "aa", " ")}}}""",
        6 => $$"""{"type": "Strip", "content": "{{dice.Of(" ", "a")}}", "start": {{dice.Of(0, 1, 100000000)}}, "stop": {{dice.Of(0, 1)}}}""",
        7 => $$"""{"type": "BPEDecoder", "suffix": {{Text("</w>", "", "a")}}}""",
        8 => $$"""{"type": "Metaspace", "replacement": "{{dice.Of("▁", "_", "a")}}", "prepend_scheme": "{{dice.Of("always", "first", "never")}}", "split": {{Flag()}}}""",
        9 => $$"""{"type": "CTC", "pad_token": {{Text("<pad>", "a", "")}}, "word_delimiter_token": {{Text("|", "", "a")}}, "cleanup": {{Flag()}}}""",
        _ => "null",
    };

    string Pattern() => dice.OneIn(3) ? $$"""{"String": {{Text(" ", "a", "", "ab", "▁")}}}""" : $$"""{"Regex": {{JsonPart.Quoted(Expression(3))}}}""";

    /// <summary>A regular expression.</summary>
    string Expression(int depth) => dice.Below(depth > 0 ? 16 : 8) switch
    {
        0 => dice.Of("a", "b", " ", "é", ".", "\\.", "x*"),
        1 => dice.Of("\\s", "\\S", "\\w", "\\d", "\\p{L}", "\\p{N}", "\\P{L}", "\\p{Han}", "\\h", "\\R", "\\X", "\\b", "\\B"),
        2 => dice.Of("[a-z]", "[^a]", "[\\p{L}\\p{M}]", "[a-z&&[^b]]", "[^\\r\\n\\p{L}\\p{N}]", "[]a]", "[[:alpha:]]", "[z-a]"),
        3 => dice.Of("'s|'t|'re", " ?\\p{L}+", "\\s+(?!\\S)", "\\p{N}{1,3}", "(?i:ab)", "(?=a)", "(?<!a)", "\\z", "^", "$", "\\1", "\\k<x>", "(", ")", "*",
            "{2}", "\\u{1F600}", "\\x{41}", "\\"),
        4 => "(a+)+b",
        5 => "(?:a|aa)*$",
        8 or 9 => Expression(depth - 1) + Expression(depth - 1),
        10 => $"{Expression(depth - 1)}|{Expression(depth - 1)}",
        11 or 12 => $"({Expression(depth - 1)}){dice.Of("*", "+", "?", "{1,9}", "{999}", "*?", "++", "{2,}")}",
        13 => $"(?:{Expression(depth - 1)}){dice.Of("*", "+", "", "{0}")}",
        14 => $"(?>{Expression(depth - 1)})+",
        _ => "a+",
    };

    string List(int most, Func<string> item) => string.Join(", ", Enumerable.Range(0, dice.Below(most + 1)).Select(_ => item()));

    string Text(params ReadOnlySpan<string> usual) => JsonPart.Quoted(dice.OneIn(6) ? dice.Text() : dice.Of(usual));

    string Behavior() => dice.Of("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous");

    string Flag() => dice.Of("true", "false");
}
