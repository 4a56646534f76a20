using System.Text;
using System.Text.Json.Nodes;

namespace Nonet.Text.Json;

/// <summary>The files of a WordPiece tokenizer with all that BERT does around it.</summary>
static class WordPieceJson
{
    /// <param name="tokens">Tokens by id.</param>
    /// <param name="special">Those that are special; the first five are BERT's.</param>
    /// <param name="lowerCase">Whether text is put in lower case and loses its accents.</param>
    public static TokenizerJson Parse(IReadOnlyList<string> tokens, IReadOnlyList<string> special, bool lowerCase) =>
        TokenizerJson.Parse(Tokenizer.FileName, Encoding.UTF8.GetBytes(Definition(tokens, special, lowerCase).ToString()), Encoding.UTF8.GetBytes(Config(lowerCase).ToString()));

    static JsonObject Definition(IReadOnlyList<string> tokens, IReadOnlyList<string> special, bool lowerCase)
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokens.Count; id++)
            vocabulary[tokens[id]] = id;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. special.Select((token, id) => TokenizerJsonWriter.Added(token, id, special: true))]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = true,
                ["strip_accents"] = null,
                ["lowercase"] = lowerCase,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Mark("[CLS]"), Text("A", 0), Mark("[SEP]")),
                ["pair"] = new JsonArray(Mark("[CLS]"), Text("A", 0), Mark("[SEP]"), Text("B", 1), Mark("[SEP]", 1)),
                ["special_tokens"] = new JsonObject { ["[CLS]"] = Ids("[CLS]"), ["[SEP]"] = Ids("[SEP]") },
            },
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = WordPieceTrainer.Continuing, ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = WordPieceTrainer.Continuing,
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = vocabulary,
            },
        };

        static JsonObject Mark(string token, int type = 0) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };

        static JsonObject Text(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };

        JsonObject Ids(string token) => new() { ["id"] = token, ["ids"] = new JsonArray(special.ToList().IndexOf(token)), ["tokens"] = new JsonArray(token) };
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
