using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Yaml;

/// <summary>Writes JSON as YAML that reads back as the same JSON.</summary>
static partial class YamlText
{
    /// <summary>A mapping as the text of a file.</summary>
    public static string Of(JsonObject root)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        new YamlStream(new YamlDocument(Node(root))).Save(text, assignAnchors: false);
        var saved = text.ToString();
        return saved.EndsWith("...\n", StringComparison.Ordinal) ? saved[..^4] : saved;
    }

    static YamlNode Node(JsonNode? json) => json switch
    {
        null => Plain("null"),
        JsonObject mapping => new YamlMappingNode(mapping.Select(field => KeyValuePair.Create<YamlNode, YamlNode>(field.Key, Node(field.Value)))),
        JsonArray list => new YamlSequenceNode(list.Select(Node)),
        _ when json.GetValueKind() == JsonValueKind.String => Text(json.GetValue<string>()),
        _ => Plain(json.ToJsonString().Replace('E', 'e')),
    };

    static YamlScalarNode Plain(string text) => new(text) { Style = ScalarStyle.Plain };

    /// <summary>Plain style if the text can only be a string, otherwise quoted.</summary>
    static YamlScalarNode Text(string text) =>
        new(text) { Style = Unmistakable().IsMatch(text) && text is not ("null" or "true" or "false") ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted };

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_./-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Unmistakable();
}
