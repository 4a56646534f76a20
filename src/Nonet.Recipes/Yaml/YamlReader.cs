using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Nonet.Recipes.Yaml;

/// <summary>
/// Reads YAML as JSON. A plain null, boolean or number keeps its type; everything else is a string. Aliases and deep nesting are refused,
/// so that a file can neither grow while it is read nor overflow the stack.
/// </summary>
sealed partial class YamlReader
{
    const int MostLevels = 64;

    readonly Parser parser;
    readonly Func<long, string> at;
    readonly Dictionary<string, Place> places;

    YamlReader(string text, Func<long, string> at, Dictionary<string, Place> places) =>
        (parser, this.at, this.places) = (new Parser(new StringReader(text)), at, places);

    /// <summary>The roots of the documents in a text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="path">Key of the root, "" for a whole recipe.</param>
    /// <param name="at">Names the place of a line, from 1.</param>
    /// <param name="places">Receives the place of every value by its key, such as training.adamw.beta2 or sweep.sizes.0.</param>
    public static IReadOnlyList<JsonNode?> Read(string text, string path, Func<long, string> at, Dictionary<string, Place> places)
    {
        var reader = new YamlReader(text, at, places);
        try
        {
            return reader.Documents(path);
        }
        catch (Exception e) when (e is not (RecipeException or OutOfMemoryException)) // YamlDotNet throws many kinds for broken text
        {
            var line = e is YamlException yaml ? yaml.Start.Line : reader.parser.Current?.End.Line ?? 1;
            throw new RecipeException($"{at(line)}: not YAML: {e.Message}", e);
        }
    }

    /// <summary>Joins two keys: "training" and "steps" give "training.steps".</summary>
    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    List<JsonNode?> Documents(string path)
    {
        var documents = new List<JsonNode?>();
        parser.MoveNext();
        parser.MoveNext(); // past the start of the stream
        while (parser.Current is DocumentStart)
        {
            parser.MoveNext();
            documents.Add(Value(path, 0));
            parser.MoveNext(); // past the document's end
        }
        return documents;
    }

    JsonNode? Value(string path, int level)
    {
        var start = parser.Current!;
        var here = at(start.Start.Line);
        if (level > MostLevels)
            throw new RecipeException($"{here}: found more than {MostLevels} levels of nesting; expected a recipe");
        places[path] = new Place(here, here, (start as Scalar)?.Value);
        if (start is AnchorAlias alias)
            throw new RecipeException($"{here}: {path}: found the alias *{alias.Value}; expected the value itself, because recipes have no aliases");
        parser.MoveNext();
        var value = start switch
        {
            Scalar scalar => JsonOf(scalar),
            SequenceStart => List(path, level + 1),
            _ => Mapping(path, level + 1),
        };
        if (start is not Scalar)
            parser.MoveNext(); // past its end
        return value;
    }

    JsonArray List(string path, int level)
    {
        var list = new JsonArray();
        while (parser.Current is not SequenceEnd)
            list.Add(Value(string.Create(CultureInfo.InvariantCulture, $"{path}.{list.Count}"), level));
        return list;
    }

    JsonObject Mapping(string path, int level)
    {
        var mapping = new JsonObject();
        while (parser.Current is not MappingEnd)
        {
            var here = at(parser.Current!.Start.Line);
            if (parser.Current is not Scalar key)
            {
                var found = parser.Current switch { SequenceStart => "a list", AnchorAlias => "an alias", _ => "keys and values" };
                throw new RecipeException($"{here}: found {found} as a key; expected a name");
            }
            var inner = Join(path, key.Value);
            if (mapping.ContainsKey(key.Value))
                throw new RecipeException($"{here}: {inner}: found the key a second time; expected it once");
            parser.MoveNext();
            mapping.Add(key.Value, Value(inner, level));
            places[inner] = places[inner] with { Key = here };
        }
        return mapping;
    }

    static JsonNode? JsonOf(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain)
            return JsonValue.Create(text);
        return text switch
        {
            "" or "null" or "~" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ when JsonNumber().IsMatch(text) => JsonNode.Parse(text),
            // such as .5
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) => JsonValue.Create(x),
            _ => JsonValue.Create(text),
        };
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();
}
