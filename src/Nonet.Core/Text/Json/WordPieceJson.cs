using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text.WordPiece;

namespace Nonet.Text.Json;

/// <summary>BERT's normalizer.</summary>
/// <param name="Lowercase">Whether text is put in lower case.</param>
/// <param name="StripAccents">Whether accents are removed; null: if text is put in lower case.</param>
/// <param name="Chinese">Whether Chinese characters are separate words.</param>
readonly record struct BertNormalization(bool Lowercase = true, bool? StripAccents = null, bool Chinese = true);

/// <summary>Writes BERT's tokenizer as a tokenizer.json.</summary>
static class WordPieceJson
{
    /// <param name="vocabulary">Tokens and their ids.</param>
    /// <param name="added">Added tokens, which are found before the text is split.</param>
    /// <param name="unknown">The token for unknown words.</param>
    /// <param name="begin">The special token before a text: [CLS].</param>
    /// <param name="end">The special token after each text: [SEP].</param>
    /// <param name="normalization">Normalisation of the text.</param>
    public static byte[] Bert(
        IEnumerable<KeyValuePair<string, int>> vocabulary, IEnumerable<AddedToken> added, string unknown, KeyValuePair<string, int> begin,
        KeyValuePair<string, int> end, BertNormalization normalization)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            json.WriteStartArray("added_tokens");
            foreach (var token in added)
                TokenizerJsonWriter.Added(token).WriteTo(json);
            json.WriteEndArray();
            json.WriteStartObject("normalizer");
            json.WriteString("type", "BertNormalizer");
            json.WriteBoolean("clean_text", true);
            json.WriteBoolean("handle_chinese_chars", normalization.Chinese);
            if (normalization.StripAccents is { } strip)
                json.WriteBoolean("strip_accents", strip);
            else
                json.WriteNull("strip_accents");
            json.WriteBoolean("lowercase", normalization.Lowercase);
            json.WriteEndObject();
            json.WriteStartObject("pre_tokenizer");
            json.WriteString("type", "BertPreTokenizer");
            json.WriteEndObject();
            json.WriteStartObject("post_processor");
            TokenizerJsonWriter.WriteTemplate(json, begin, end);
            json.WriteEndObject();
            json.WriteStartObject("decoder");
            json.WriteString("type", "WordPiece");
            json.WriteString("prefix", WordPieceTrainer.Continuing);
            json.WriteBoolean("cleanup", true);
            json.WriteEndObject();
            json.WriteStartObject("model");
            json.WriteString("type", "WordPiece");
            json.WriteString("unk_token", unknown);
            json.WriteString("continuing_subword_prefix", WordPieceTrainer.Continuing);
            json.WriteNumber("max_input_chars_per_word", 100);
            json.WriteStartObject("vocab");
            foreach (var (token, id) in vocabulary)
                json.WriteNumber(token, id);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>BERT's tokenizer with its tokenizer_config.json.</summary>
    /// <param name="tokens">Tokens by id.</param>
    /// <param name="special">The special tokens, which have the first ids; the first five are BERT's.</param>
    /// <param name="lowerCase">Whether text is put in lower case and accents are removed.</param>
    public static TokenizerJson Parse(IReadOnlyList<string> tokens, IReadOnlyList<string> special, bool lowerCase)
    {
        KeyValuePair<string, int> Mark(string token) => KeyValuePair.Create(token, special.ToList().IndexOf(token));
        var definition = Bert(
            tokens.Select((token, id) => KeyValuePair.Create(token, id)), special.Select((token, id) => new AddedToken(id, token, Special: true)), "[UNK]",
            Mark("[CLS]"), Mark("[SEP]"), new BertNormalization(lowerCase));
        return TokenizerJson.Parse(Tokenizer.FileName, definition, Encoding.UTF8.GetBytes(Config(lowerCase).ToString()));
    }

    static JsonObject Config(bool lowerCase) => new()
    {
        ["tokenizer_class"] = "BertTokenizer",
        ["do_lower_case"] = lowerCase,
        ["tokenize_chinese_chars"] = true,
        ["strip_accents"] = null,
        ["pad_token"] = "[PAD]",
        ["unk_token"] = "[UNK]",
        ["cls_token"] = "[CLS]",
        ["sep_token"] = "[SEP]",
        ["mask_token"] = "[MASK]",
        ["clean_up_tokenization_spaces"] = false,
    };
}
