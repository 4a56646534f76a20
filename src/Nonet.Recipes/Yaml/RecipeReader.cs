using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Nonet.Text;

namespace Nonet.Recipes.Yaml;

/// <summary>
/// Binds a recipe to its record. Every key is first checked against the record's properties, so that an error names file, line, key, found
/// and expected values. A key that is left out has the value of the form's template.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="form">Keys and defaults of the kind of recipe.</param>
sealed class RecipeReader(RecipeSource source, RecipeForm form)
{
    const int HintedKeys = 3;

    /// <summary>The record of a whole file.</summary>
    public T Read<T>(JsonTypeInfo<T> type) where T : class
    {
        var complete = Section(type, source.Root, "", template: null);
        try
        {
            return complete.Deserialize(type)!;
        }
        catch (JsonException e)
        {
            var path = (e.Path ?? "$").TrimStart('$').TrimStart('.').Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
            throw new RecipeException($"{source.At(path)}: {path}: {e.Message}", e);
        }
    }

    /// <summary>A mapping with all keys of its record.</summary>
    /// <param name="type">Type of the record; for a base type, the key that distinguishes the kinds names the record.</param>
    /// <param name="node">The mapping; null is an empty one.</param>
    /// <param name="path">Its key.</param>
    /// <param name="template">Values of keys that are left out; null: the template of the record.</param>
    JsonObject Section(JsonTypeInfo type, JsonNode? node, string path, JsonObject? template)
    {
        var given = node switch
        {
            null => [],
            JsonObject mapping => mapping,
            _ => throw source.Wrong(path, node, $"keys such as {string.Join(", ", NamesOf(type, path).Take(HintedKeys))}"),
        };
        var result = new JsonObject();
        if (type.PolymorphismOptions is { } kinds)
        {
            var (name, kind) = KindOf(type.Type, kinds, given, path);
            type = RecipeJson.TypeOf(kind.DerivedType)!;
            template = null;
            result.Add(name, (string)kind.TypeDiscriminator!);
        }
        var keys = RecipeKeys.Of(type);
        template ??= form.TemplateOf(type);
        foreach (var (name, _) in given)
        {
            if (!form.Has(YamlReader.Join(path, name)) || (!result.ContainsKey(name) && !keys.Any(k => k.Name == name)))
                throw Unknown(type, path, name);
        }
        foreach (var key in keys)
        {
            var inner = YamlReader.Join(path, key.Name);
            if (!form.Has(inner) || ((!key.IsRequired || form.Optional.Contains(inner)) && !given.ContainsKey(key.Name)))
                result[key.Name] = template[key.Name]?.DeepClone();
            else if (given.TryGetPropertyValue(key.Name, out var value))
                result[key.Name] = Value(key, value, inner, template[key.Name] as JsonObject);
            else
                throw new RecipeException($"{source.At(path)}: {inner}: found nothing; expected {RecipeKeys.Expected(key)}");
        }
        return result;
    }

    JsonNode? Value(RecipeKey key, JsonNode? node, string path, JsonObject? template)
    {
        if (node is null && key.IsNullable)
            return null;
        if (key.Type == typeof(RecipeTokenizer))
            return Tokenizer(node, path);
        if (key.Type == typeof(MemoryLimit))
            return node is JsonValue && source.TextOf(path) is { } text && MemoryLimit.TryParse(text, out _) ? Clone(node)
                : throw source.Wrong(path, node, RecipeKeys.Expected(key));
        var type = RecipeJson.TypeOf(key.Type);
        if (type?.Kind == JsonTypeInfoKind.Enumerable)
        {
            if (node is not JsonArray list)
                throw source.Wrong(path, node, RecipeKeys.Expected(key));
            var item = RecipeJson.TypeOf(type.ElementType!);
            return new JsonArray(
                [.. list.Select((one, i) => string.Create(CultureInfo.InvariantCulture, $"{path}.{i}") is var at && item?.Kind == JsonTypeInfoKind.Object
                ? Section(item, one, at, null) : Scalar(key, type.ElementType!, one, at, RecipeKeys.Expected(type.ElementType!, key.Option)))]);
        }
        return type?.Kind == JsonTypeInfoKind.Object ? Section(type, node, path, template) : Scalar(key, key.Type, node, path, RecipeKeys.Expected(key));
    }

    JsonNode Scalar(RecipeKey key, Type type, JsonNode? node, string path, string expected)
    {
        if (node is not JsonValue value)
            throw source.Wrong(path, node, expected);
        var (text, kind) = (source.TextOf(path) ?? value.ToString(), value.GetValueKind());
        if (type == typeof(string))
            return (!key.Option.Exists || Path.Exists(text)) && (key.Option.Choices is not { } choices || choices.Contains(text)) ? text
                : throw source.Wrong(path, node, expected);
        if (type.IsEnum)
            return kind == JsonValueKind.String && RecipeKeys.Choices(type, key.Option).Contains(text) ? text : throw source.Wrong(path, node, expected);
        if (type == typeof(bool))
            return kind is JsonValueKind.True or JsonValueKind.False ? Clone(value) : throw source.Wrong(path, node, expected);
        if (kind != JsonValueKind.Number)
            throw source.Wrong(path, node, expected);
        if (type == typeof(ulong))
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : throw source.Wrong(path, node, expected);
        if (type == typeof(int))
        {
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
                return RecipeKeys.IsAllowed(whole, key.Option) ? whole : throw source.Wrong(path, node, expected);
            throw source.Wrong(path, node, long.TryParse(text, CultureInfo.InvariantCulture, out _) ? $"{expected} (at most {int.MaxValue})" : expected);
        }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && RecipeKeys.IsAllowed(x, key.Option) ? x
            : throw source.Wrong(path, node, expected);
    }

    /// <summary>Bytes, a folder, or the options of a tokenizer to train.</summary>
    JsonNode Tokenizer(JsonNode? node, string path) => node is JsonObject ? Section(RecipeJson.TypeOf<TokenizerTrainerOptions>(), node, path, null)
        : node is JsonValue && source.TextOf(path) is { } text && (text == RecipeTokenizer.Bytes || Path.Exists(text)) ? text
        : throw source.Wrong(path, node, $"{RecipeTokenizer.Bytes}, or a folder with a tokenizer.json that exists, or vocab: N to train one");

    /// <summary>The kind that a section names, or the form's default kind.</summary>
    (string Key, JsonDerivedType Kind) KindOf(Type type, JsonPolymorphismOptions kinds, JsonObject given, string path)
    {
        var name = kinds.TypeDiscriminatorPropertyName;
        var inner = YamlReader.Join(path, name);
        string[] names = [.. kinds.DerivedTypes.Select(d => (string)d.TypeDiscriminator!)];
        var expected = $"{string.Join(", ", names[..^1])} or {names[^1]}";
        string text;
        if (form.KindOf(type) is { } fixedKind && (!given.ContainsKey(name) || !form.Has(inner)))
            text = fixedKind;
        else if (!given.TryGetPropertyValue(name, out var node))
            throw new RecipeException($"{source.At(path)}: {inner}: found nothing; expected {expected}");
        else
            text = node is JsonValue && source.TextOf(inner) is { } found && names.Contains(found) ? found : throw source.Wrong(inner, node, expected);
        return (name, kinds.DerivedTypes.First(d => (string)d.TypeDiscriminator! == text));
    }

    IReadOnlyList<string> NamesOf(JsonTypeInfo type, string path) => type.PolymorphismOptions is { } kinds ? [kinds.TypeDiscriminatorPropertyName]
        : [.. path.Length == 0 && form.Task is not null ? new[] { TaskKind.TaskKey } : [],
            .. RecipeKeys.Of(type).Select(k => k.Name).Where(name => form.Has(YamlReader.Join(path, name)))];

    RecipeException Unknown(JsonTypeInfo type, string path, string name)
    {
        var known = NamesOf(type, path);
        var inner = YamlReader.Join(path, name);
        return new RecipeException(
            $"{source.KeyAt(inner)}: {inner}: found an unknown key; expected one of the keys of {(path.Length == 0 ? form.Called : path)}"
            + $"{(Nearest.Of(name, known) is { } nearest ? $", the nearest is {nearest}" : "")} (all: {string.Join(", ", known)})");
    }

    static JsonNode Clone(JsonNode node) => node.DeepClone();
}
