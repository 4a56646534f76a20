using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Nonet.Text.Unigram;

namespace Nonet.Text.Json;

/// <summary>The files of a Unigram tokenizer whose words begin with U+2581.</summary>
static class UnigramJson
{
    /// <summary>Names of the ids that are not pieces, in order.</summary>
    public static IReadOnlyList<string> ReservedNames(UnigramTrainerOptions options) =>
    [
        .. UnigramTrainerOptions.Marks, .. options.Special, .. options.UserDefined,
        .. options.ByteFallback ? Enumerable.Range(0, 256).Select(b => string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")) : [],
    ];

    /// <param name="pieces">Pieces and scores, in order of decreasing score.</param>
    /// <param name="options">All other settings.</param>
    public static TokenizerJson Parse(IReadOnlyList<(string Text, double Score)> pieces, UnigramTrainerOptions options) =>
        TokenizerJson.Parse(Tokenizer.FileName, Encoding.UTF8.GetBytes(Definition(pieces, options).ToString()), Encoding.UTF8.GetBytes(Config().ToString()));

    static JsonObject Definition(IReadOnlyList<(string Text, double Score)> pieces, UnigramTrainerOptions options)
    {
        var names = ReservedNames(options);
        var marks = UnigramTrainerOptions.Marks.Count + options.Special.Count;
        var added = names.Take(marks + options.UserDefined.Count).Select((token, id) => TokenizerJsonWriter.Added(token, id, special: id < marks));
        // so low that the name of a special token, if it is spelled out in a text, is less probable than its characters
        var never = (names.Max(n => n.Length) + 1) * (pieces.Select(p => p.Score).DefaultIfEmpty(0).Min() - 1);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. added]),
            ["normalizer"] = options.Normalization == UnigramNormalization.None ? null : new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(
                    Typed("Nmt"), Typed("NFKC"),
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = " {2,}" }, ["content"] = " " }),
            },
            ["pre_tokenizer"] = Metaspace(),
            ["post_processor"] = null,
            ["decoder"] = !options.ByteFallback ? Metaspace()
                : new JsonObject { ["type"] = "Sequence", ["decoders"] = new JsonArray(Typed("ByteFallback"), Metaspace()) },
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = 0,
                ["byte_fallback"] = options.ByteFallback,
                ["vocab"] = new JsonArray([.. names.Select(n => new JsonArray(n, never)), .. pieces.Select(p => new JsonArray(p.Text, p.Score))]),
            },
        };

        static JsonObject Typed(string type) => new() { ["type"] = type };

        static JsonObject Metaspace() => new() { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["prepend_scheme"] = "first", ["split"] = true };
    }

    static JsonObject Config() => new()
    {
        ["tokenizer_class"] = "PreTrainedTokenizerFast",
        ["unk_token"] = "<unk>",
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["clean_up_tokenization_spaces"] = false,
    };
}
