using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Nonet.Text;

namespace Nonet.Recipes.Yaml;

/// <summary>How a kind of recipe differs from its records: keys that it has not, and other defaults.</summary>
sealed class RecipeForm
{
    readonly ConcurrentDictionary<Type, JsonObject> templates = new();

    /// <summary>What the key task says at the root; null: there is no such key.</summary>
    public string? Task { get; init; }

    /// <summary>What a file of this form is, for messages.</summary>
    public string Called { get; init; } = "a recipe";

    /// <summary>Keys of the records that are no keys of the recipe, such as training.warmup: they have the template's value.</summary>
    public IReadOnlyCollection<string> Without { get; init; } = [];

    /// <summary>Keys that may be left out, though the record must have them: then they have the template's value.</summary>
    public IReadOnlyCollection<string> Optional { get; init; } = [];

    /// <summary>Records whose values stand where keys are left out, before those in <see cref="RecipeTemplates"/>.</summary>
    public IReadOnlyList<object> Templates { get; init; } = [];

    /// <summary>The kind of a base type where the recipe does not name it.</summary>
    public IReadOnlyDictionary<Type, string> Kinds { get; init; } = new Dictionary<Type, string>();

    /// <summary>Whether a recipe may hold a key.</summary>
    public bool Has(string path) => !Without.Contains(path);

    /// <summary>The kind of a base type where the recipe does not name it; null: it must.</summary>
    public string? KindOf(Type type) => Kinds.GetValueOrDefault(type) ?? (type == typeof(TokenizerTrainerOptions) ? "bpe" : null);

    /// <summary>What a record's keys have where they are left out.</summary>
    public JsonObject TemplateOf(JsonTypeInfo type) => templates.GetOrAdd(type.Type, _ =>
        (JsonObject)JsonSerializer.SerializeToNode(Templates.FirstOrDefault(t => t.GetType() == type.Type) ?? RecipeTemplates.Of(type.Type), type)!);

    /// <summary>A recipe as JSON: every key, those at their defaults included.</summary>
    public JsonObject Written(object recipe, JsonTypeInfo type)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(recipe, type)!;
        foreach (var path in Without)
        {
            JsonNode? at = json;
            var names = path.Split('.');
            foreach (var name in names[..^1])
                at = (at as JsonObject)?[name];
            (at as JsonObject)?.Remove(names[^1]);
        }
        return json;
    }
}
