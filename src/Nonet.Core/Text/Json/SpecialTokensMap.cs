using System.Text;
using System.Text.Json.Nodes;
using Nonet.Files;

namespace Nonet.Text.Json;

/// <summary>
/// Special tokens in files other than tokenizer_config.json: special_tokens_map.json names them by text, and config.json names the end
/// token by id.
/// </summary>
static class SpecialTokensMap
{
    public const string Name = "special_tokens_map.json";

    /// <summary>Uses of tokens that both files may name.</summary>
    public static readonly string[] Uses = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];

    /// <summary>
    /// The map of a folder. Null if there is none, or if tokenizer_config.json lists all tokens by id, because transformers then ignores
    /// the map.
    /// </summary>
    public static JsonFields? In(string folder)
    {
        var (path, config) = (Path.Combine(folder, Name), Path.Combine(folder, Tokenizer.ConfigFileName));
        return File.Exists(path) && !(File.Exists(config) && JsonFields.Read(config).Has("added_tokens_decoder")) ? JsonFields.Read(path) : null;
    }

    /// <summary>Adds the tokens of the map that tokenizer_config.json does not name.</summary>
    /// <param name="folder">Folder of the map.</param>
    /// <param name="config">Content of tokenizer_config.json; null: none.</param>
    public static byte[]? Complete(string folder, byte[]? config)
    {
        if (In(folder) is not { } map)
            return config;
        var fields = config is null ? null : JsonFields.Parse(Path.Combine(folder, Tokenizer.ConfigFileName), config);
        string[] missing = [.. Uses.Where(use => map.Has(use) && fields?.Has(use) != true)];
        if (missing.Length == 0)
            return config;
        var json = new JsonObject();
        foreach (var field in fields?.All ?? [])
            json[field.Name] = JsonNode.Parse(field.Value.GetRawText());
        json["tokenizer_class"] ??= "PreTrainedTokenizerFast";
        foreach (var use in missing)
            json[use] = TokenizerConfig.Token(map, use);
        return Encoding.UTF8.GetBytes(json.ToJsonString(new() { WriteIndented = true }));
    }

    /// <summary>Id that ends a text according to config.json, the first of several; null: none.</summary>
    public static int? EndIn(string folder)
    {
        const string Field = "eos_token_id";
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path) || JsonFields.Read(path) is var json && !json.Has(Field))
            return null;
        if (!json.IsArray(Field))
            return (int)json.Number(Field, 0, 0, int.MaxValue);
        return json.Array(Field) is [{ ValueKind: System.Text.Json.JsonValueKind.Number } first, ..] && first.TryGetInt32(out var id) && id >= 0 ? id : null;
    }
}
