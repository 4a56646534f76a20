using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nonet.Text.Json;

/// <summary>Writes a tokenizer.json that Hugging Face's tokenizers opens with the same ids.</summary>
static class TokenizerJsonWriter
{
    /// <summary>A byte-level BPE.</summary>
    /// <param name="vocabulary">Tokens and their ids.</param>
    /// <param name="merges">Merges "left right", in order of priority.</param>
    /// <param name="special">Added tokens, which are found before the text is split; special tokens and others.</param>
    /// <param name="split">The regular expression that splits text into words; null: GPT-2's; empty: no split.</param>
    /// <param name="ignoreMerges">Whether a word that is a token is kept, whatever its merges.</param>
    /// <param name="composed">Whether text is normalised to NFC.</param>
    /// <param name="begin">The special token before every text; null: none.</param>
    /// <param name="end">The special token after every text; null: none.</param>
    public static byte[] ByteLevelBpe(
        IReadOnlyList<KeyValuePair<string, int>> vocabulary, IReadOnlyList<string> merges, IReadOnlyList<AddedToken> special, string? split,
        bool ignoreMerges = false, bool composed = false, string? begin = null, string? end = null)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            json.WriteStartArray("added_tokens");
            foreach (var token in special)
                Added(token).WriteTo(json);
            json.WriteEndArray();
            if (composed)
            {
                json.WriteStartObject("normalizer");
                json.WriteString("type", "NFC");
                json.WriteEndObject();
            }
            else
                json.WriteNull("normalizer");
            json.WriteStartObject("pre_tokenizer");
            if (string.IsNullOrEmpty(split))
                WriteByteLevel(json, split is null);
            else
                WriteSplit(json, split);
            json.WriteEndObject();
            json.WriteStartObject("post_processor");
            var marked = begin is not null || end is not null;
            if (marked)
            {
                json.WriteString("type", "Sequence");
                json.WriteStartArray("processors");
                json.WriteStartObject();
            }
            WriteByteLevel(json, useRegex: split is null);
            if (marked)
            {
                json.WriteEndObject();
                json.WriteStartObject();
                WriteTemplate(json, Mark(begin), Mark(end));
                json.WriteEndObject();
                json.WriteEndArray();
            }
            json.WriteEndObject();
            json.WriteStartObject("decoder");
            WriteByteLevel(json, useRegex: split is null);
            json.WriteEndObject();
            json.WriteStartObject("model");
            json.WriteString("type", "BPE");
            foreach (var name in new[] { "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix" })
                json.WriteNull(name);
            foreach (var name in new[] { "fuse_unk", "byte_fallback" })
                json.WriteBoolean(name, false);
            json.WriteBoolean("ignore_merges", ignoreMerges);
            json.WriteStartObject("vocab");
            foreach (var (token, id) in vocabulary)
                json.WriteNumber(token, id);
            json.WriteEndObject();
            json.WriteStartArray("merges");
            foreach (var merge in merges)
                json.WriteStringValue(merge);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();

        KeyValuePair<string, int>? Mark(string? name) =>
            name is null ? null : special.Where(s => s.Content == name).Select(s => KeyValuePair.Create(s.Content, s.Id)).First();
    }

    static void WriteByteLevel(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", useRegex);
    }

    static void WriteSplit(Utf8JsonWriter json, string pattern)
    {
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        json.WriteStartObject();
        WriteByteLevel(json, useRegex: false);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>The JSON of an added token without special conditions.</summary>
    public static JsonObject Added(string content, int id, bool special) => Added(new AddedToken(id, content, special));

    /// <summary>The JSON of an added token.</summary>
    public static JsonObject Added(AddedToken token) => new()
    {
        ["id"] = token.Id,
        ["content"] = token.Content,
        ["single_word"] = token.SingleWord,
        ["lstrip"] = token.LeftStrip,
        ["rstrip"] = token.RightStrip,
        ["normalized"] = token.Normalized,
        ["special"] = token.Special,
    };

    /// <summary>
    /// Writes the fields of a TemplateProcessing: BEGIN A END for one text; for a pair BEGIN A BEGIN B, or BEGIN A END B END if there is an end token. The
    /// second text has segment 1.
    /// </summary>
    public static void WriteTemplate(Utf8JsonWriter json, KeyValuePair<string, int>? begin, KeyValuePair<string, int>? end)
    {
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        Text("A", 0, begin);
        json.WriteEndArray();
        json.WriteStartArray("pair");
        Text("A", 0, begin);
        Text("B", 1, end is null ? begin : null);
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        foreach (var mark in new[] { begin, end })
        {
            if (mark is not var (token, id))
                continue;
            json.WriteStartObject(token);
            json.WriteString("id", token);
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(token);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();

        void Text(string name, int type, KeyValuePair<string, int>? before)
        {
            Piece("SpecialToken", before?.Key, type);
            Piece("Sequence", name, type);
            Piece("SpecialToken", end?.Key, type);
        }

        void Piece(string kind, string? name, int type)
        {
            if (name is null)
                return;
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", name);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    /// <summary>The tokenizer_config.json with which transformers uses tokenizer.json unchanged.</summary>
    /// <param name="endOfText">The token that ends a text.</param>
    /// <param name="begin">The token that begins a text; null: the same token; empty: none.</param>
    public static byte[] Config(string endOfText, string? begin = null)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            foreach (var (use, mark) in new[] { ("bos_token", begin ?? endOfText), ("eos_token", endOfText) })
            {
                if (mark.Length > 0)
                    json.WriteString(use, mark);
            }
            json.WriteBoolean("clean_up_tokenization_spaces", false);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
