using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Tests.Inference;

/// <summary>Tokenizers of bytes with some added tokens.</summary>
static class SpecialTokens
{
    public static Tokenizer Of(params string[] names) => With(true, names);

    /// <summary>Tokens that are special, or text in one piece, as Qwen's marks of calls are.</summary>
    public static Tokenizer With(bool special, params string[] names)
    {
        using var folder = new TemporaryFolder();
        new ByteTokenizer().Save(folder.Path);
        var json = JsonNode.Parse(File.ReadAllText(folder["tokenizer.json"]))!;
        var added = json["added_tokens"]!.AsArray();
        for (var i = 0; i < names.Length; i++)
            added.Add(new JsonObject
            {
                ["id"] = 257 + i,
                ["content"] = names[i],
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = special
            });
        folder.Add("tokenizer.json", json.ToJsonString());
        return Tokenizer.Load(folder.Path);
    }
}
