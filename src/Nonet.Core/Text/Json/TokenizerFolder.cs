using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Files;

namespace Nonet.Text.Json;

/// <summary>
/// Applies the files beside a tokenizer.json as transformers does: added tokens of tokenizer_config.json or, if it lists none, of
/// special_tokens_map.json and added_tokens.json; and do_lower_case, strip_accents, tokenize_chinese_chars and add_prefix_space for classes
/// that build their own pipeline. transformers 5, tokenization_utils_base.py and tokenization_utils_tokenizers.py.
/// </summary>
static class TokenizerFolder
{
    const string MapFile = "special_tokens_map.json", AddedFile = "added_tokens.json", Decoder = "added_tokens_decoder";

    static readonly string[] named = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
    static readonly string[] lists = ["additional_special_tokens", "extra_special_tokens"];

    /// <summary>Classes with BERT's normalizer and the settings of tokenizer_config.json.</summary>
    static readonly HashSet<string> bert = new(StringComparer.Ordinal)
    {
        "BertTokenizer", "DistilBertTokenizer", "ConvBertTokenizer", "MobileBertTokenizer", "SqueezeBertTokenizer", "ElectraTokenizer", "LayoutLMTokenizer",
        "RetriBertTokenizer", "MPNetTokenizer", "FunnelTokenizer", "SplinterTokenizer",
    };

    /// <summary>Classes that spell bytes, and whether a space is added before a text by default.</summary>
    static readonly Dictionary<string, bool> byteLevel = new(StringComparer.Ordinal)
    {
        ["GPT2Tokenizer"] = false,
        ["RobertaTokenizer"] = false,
        ["BartTokenizer"] = false,
        ["LongformerTokenizer"] = false,
        ["LEDTokenizer"] = false,
        ["GPTNeoXTokenizer"] = false,
        ["CodeGenTokenizer"] = false,
        ["DebertaTokenizer"] = false,
        ["WhisperTokenizer"] = false,
        ["BlenderbotTokenizer"] = true,
    };

    /// <summary>Content of a tokenizer.json with the settings of the files beside it; null if they change nothing.</summary>
    /// <param name="json">tokenizer.json.</param>
    /// <param name="config">tokenizer_config.json; null: none.</param>
    /// <param name="folder">Folder of both files.</param>
    public static byte[]? Merge(JsonFields json, JsonFields? config, string folder)
    {
        var changes = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        var model = json.Object("model");
        var added = AddedToken.Read(json);
        if (model is not null && Tokens(added, model, config, folder) is { } all)
            changes["added_tokens"] = new JsonArray([.. all.Select(token => (JsonNode)TokenizerJsonWriter.Added(token))]);
        var name = config?.Text("tokenizer_class") ?? "";
        name = name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name;
        if (bert.Contains(name) && json.Object("normalizer") is { } normalizer && normalizer.Text("type") == "BertNormalizer"
            && Bert(normalizer, config!) is { } changed)
            changes["normalizer"] = changed;
        if (byteLevel.TryGetValue(name, out var prefixed) && json.Object("pre_tokenizer") is { } pre && pre.Text("type") == "ByteLevel"
            && config!.Flag("add_prefix_space", prefixed) is var space && space != pre.Flag("add_prefix_space", true))
        {
            var cut = Copy(pre);
            cut["add_prefix_space"] = space;
            changes["pre_tokenizer"] = cut;
        }
        return changes.Count == 0 ? null : Write(json, changes);
    }

    static JsonObject? Bert(JsonFields normalizer, JsonFields config)
    {
        static bool? Accents(JsonFields json) => json.Has("strip_accents") ? json.Flag("strip_accents", false) : null;
        var (lower, chinese, accents) = (config.Flag("do_lower_case", true), config.Flag("tokenize_chinese_chars", true), Accents(config));
        if (lower == normalizer.Flag("lowercase", true) && chinese == normalizer.Flag("handle_chinese_chars", true) && accents == Accents(normalizer))
            return null;
        var changed = Copy(normalizer);
        (changed["lowercase"], changed["handle_chinese_chars"], changed["strip_accents"]) = (lower, chinese, accents);
        return changed;
    }

    static JsonObject Copy(JsonFields json)
    {
        var copy = new JsonObject();
        foreach (var field in json.All)
            copy[field.Name] = JsonNode.Parse(field.Value.GetRawText());
        return copy;
    }

    static byte[] Write(JsonFields json, Dictionary<string, JsonNode?> changes)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream,
            new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var field in json.All)
            {
                if (changes.Remove(field.Name, out var changed))
                {
                    writer.WritePropertyName(field.Name);
                    changed!.WriteTo(writer);
                }
                else
                    field.WriteTo(writer);
            }
            foreach (var (name, value) in changes)
            {
                writer.WritePropertyName(name);
                value!.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>All added tokens; null if they equal those of tokenizer.json.</summary>
    static List<AddedToken>? Tokens(List<AddedToken> own, JsonFields model, JsonFields? config, string folder)
    {
        var (beside, special) = (new List<AddedToken>(), new List<(string Name, AddedToken Token)>());
        var map = config?.Has(Decoder) == true ? null : Existing(folder, MapFile);
        foreach (var name in named.Concat(lists))
            special.AddRange(Named(map, name) is { Count: > 0 } inMap ? inMap : Named(config, name));
        if (config?.Has(Decoder) == true)
            beside.AddRange(TokenizerConfig.Added(config).OrderBy(t => t.Id));
        else if (Existing(folder, AddedFile) is { } file)
            beside.AddRange(OfFile(file, [.. special.Select(s => s.Token.Content)]).Where(t => !own.Exists(o => o.Content == t.Content)).OrderBy(t => t.Id));
        var all = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (var token in own) // if several have the same text, the first one's id counts
            all[token.Content] = all.TryGetValue(token.Content, out var first) ? token with { Id = first.Id } : token;
        var words = beside.Count == 0 && special.TrueForAll(s => all.ContainsKey(s.Token.Content)) ? [] : Vocabulary(model);
        var next = Math.Max(words.Count, own.Select(t => t.Id + 1).DefaultIfEmpty(0).Max());
        var changed = false;
        foreach (var token in beside)
            Add(token with { Special = token.Special || special.Exists(s => s.Token.Content == token.Content) });
        foreach (var (name, token) in special)
        {
            // a new id for padding, which never occurs in text, would only make the vocabulary larger than the model's
            if (!all.ContainsKey(token.Content) && (name != "pad_token" || words.ContainsKey(token.Content)))
                Add(token);
        }
        return changed ? [.. all.Values.OrderBy(t => t.Id)] : null;

        void Add(AddedToken token)
        {
            token = token with { Id = all.TryGetValue(token.Content, out var known) ? known.Id : words.TryGetValue(token.Content, out var id) ? id : next++ };
            changed |= known != token;
            all[token.Content] = token;
        }
    }

    static Dictionary<string, int> Vocabulary(JsonFields model)
    {
        if (!model.IsArray("vocab"))
            return model.Object("vocab") is { } vocabulary ? Segmentation.TokenModel.ReadVocabulary(vocabulary) : [];
        var (pieces, id) = (new Dictionary<string, int>(StringComparer.Ordinal), 0);
        foreach (var piece in model.Array("vocab"))
        {
            if (piece.ValueKind == JsonValueKind.Array && piece.GetArrayLength() > 0 && piece[0].ValueKind == JsonValueKind.String)
                pieces.TryAdd(piece[0].GetString()!, id);
            id++;
        }
        return pieces;
    }

    static JsonFields? Existing(string folder, string name) => Path.Combine(folder, name) is var file && File.Exists(file) ? JsonFields.Read(file) : null;

    /// <summary>Tokens named by their use: texts, objects with content, or lists of both.</summary>
    static List<(string Name, AddedToken Token)> Named(JsonFields? json, string name)
    {
        var found = new List<(string, AddedToken)>();
        if (json is null || !json.Has(name))
            return found;
        var value = json.All.Last(p => p.Name == name).Value;
        foreach (var one in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value })
        {
            if (Content(one) is { } content)
                found.Add((name, new AddedToken(0, content, Special: true)));
            else if (one.ValueKind == JsonValueKind.Object && one.TryGetProperty("content", out var text) && Content(text) is not null)
                found.Add((name, AddedToken.Read(json.At(one, name), 0) with { Special = true }));
            else if (one.ValueKind == JsonValueKind.Object && lists.Contains(name)) // {"image_token": "<image>"}
                found.AddRange(one.EnumerateObject().Select(p => Content(p.Value)).OfType<string>()
                    .Select(token => (name, new AddedToken(0, token, Special: true))));
        }
        return found;

        static string? Content(JsonElement json) => json.ValueKind == JsonValueKind.String && json.GetString() is { Length: > 0 } text ? text : null;
    }

    /// <summary>added_tokens.json: texts with their ids.</summary>
    static IEnumerable<AddedToken> OfFile(JsonFields json, HashSet<string> special)
    {
        foreach (var token in json.All)
        {
            if (token.Name.Length == 0 || token.Value.ValueKind != JsonValueKind.Number || !token.Value.TryGetInt32(out var id)
                || id is < 0 or >= AddedToken.MostIds)
                throw json.Wrong(token.Name, $"an id from 0 to {AddedToken.MostIds - 1}");
            yield return new AddedToken(id, token.Name, special.Contains(token.Name), Normalized: !special.Contains(token.Name));
        }
    }
}
