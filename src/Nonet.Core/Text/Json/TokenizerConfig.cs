using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Nonet.Files;

namespace Nonet.Text.Json;

/// <summary>tokenizer_config.json beside a vocabulary that is not a tokenizer.json.</summary>
static class TokenizerConfig
{
    /// <summary>The file beside another one; null if it does not exist.</summary>
    public static JsonFields? Beside(string file)
    {
        var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, Tokenizer.ConfigFileName);
        return File.Exists(config) ? JsonFields.Read(config) : null;
    }

    /// <summary>Text of a token that the file names; null if it names none.</summary>
    public static string? Token(JsonFields? config, string name) =>
        config is null || !config.Has(name) ? null : config.IsText(name) ? config.Text(name) : config.Object(name)!.Text("content");

    /// <summary>added_tokens_decoder: tokens by id.</summary>
    public static List<AddedToken> Added(JsonFields? config)
    {
        var tokens = new List<AddedToken>();
        if (config?.Object("added_tokens_decoder") is not { } added)
            return tokens;
        foreach (var (name, value) in added.All.Select(p => (p.Name, p.Value)))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= AddedToken.MostIds)
                throw added.Wrong(name, "an id as its name");
            tokens.Add(AddedToken.Read(added.At(value, name), id));
        }
        return tokens;
    }

    /// <summary>
    /// Content for a tokenizer.json that replaces the vocabulary: it makes transformers use that file instead of a class in a Python file.
    /// </summary>
    /// <param name="config">The previous content beside the vocabulary.</param>
    /// <param name="tokenizerClass">A class of transformers.</param>
    /// <param name="tokens">Tokens by use.</param>
    public static byte[] Write(JsonFields? config, string tokenizerClass, params (string Name, string Token)[] tokens)
    {
        var json = new JsonObject();
        foreach (var field in config?.All ?? [])
            json[field.Name] = JsonNode.Parse(field.Value.GetRawText());
        json.Remove("auto_map");
        json.Remove("tokenizer_file");
        json["tokenizer_class"] = tokenizerClass;
        foreach (var (name, token) in tokens)
        {
            if (json[name] is null)
                json[name] = token;
        }
        json["clean_up_tokenization_spaces"] ??= false;
        return Encoding.UTF8.GetBytes(json.ToJsonString(new() { WriteIndented = true }));
    }
}
