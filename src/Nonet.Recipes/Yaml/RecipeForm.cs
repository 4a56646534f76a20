using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Nonet.Text;

namespace Nonet.Recipes.Yaml;

/// <summary>How a kind of recipe differs from its records: keys that it lacks, and other defaults.</summary>
sealed class RecipeForm
{
    readonly ConcurrentDictionary<Type, JsonObject> templates = new();

    /// <summary>Value of the key task at the root; null: no such key.</summary>
    public string? Task { get; init; }

    /// <summary>Name of a file of this form, for messages.</summary>
    public string Called { get; init; } = "a recipe";

    /// <summary>Keys of the records that the recipe lacks, such as training.warmup. They have the template's value.</summary>
    public IReadOnlyCollection<string> Without { get; init; } = [];

    /// <summary>Required keys of the records that the recipe may leave out. They then have the template's value.</summary>
    public IReadOnlyCollection<string> Optional { get; init; } = [];

    /// <summary>Records with the values of keys that are left out. They precede those in <see cref="RecipeTemplates"/>.</summary>
    public IReadOnlyList<object> Templates { get; init; } = [];

    /// <summary>The kind of a base type if the recipe does not name it.</summary>
    public IReadOnlyDictionary<Type, string> Kinds { get; init; } = new Dictionary<Type, string>();

    /// <summary>Whether a recipe may have a key.</summary>
    public bool Has(string path) => !Without.Contains(path);

    /// <summary>The kind of a base type if the recipe does not name it; null: the recipe must name it.</summary>
    public string? KindOf(Type type) => Kinds.GetValueOrDefault(type) ?? (type == typeof(TokenizerTrainerOptions) ? "bpe" : null);

    /// <summary>The values of a record's keys that are left out.</summary>
    public JsonObject TemplateOf(JsonTypeInfo type) => templates.GetOrAdd(type.Type, _ =>
        (JsonObject)JsonSerializer.SerializeToNode(Templates.FirstOrDefault(t => t.GetType() == type.Type) ?? RecipeTemplates.Of(type.Type), type)!);

    /// <summary>A recipe as JSON with all keys, including those with default values.</summary>
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
