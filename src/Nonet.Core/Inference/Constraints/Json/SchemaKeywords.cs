using System.Collections.Frozen;
using System.Text.Json;

namespace Nonet.Inference.Constraints.Json;

/// <summary>Treatment of each keyword: enforced, ignored as an annotation, or rejected with a reason.</summary>
static class SchemaKeywords
{
    static readonly FrozenSet<string> enforced = FrozenSet.Create(
        StringComparer.Ordinal,
        "type", "enum", "const", "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties",
        "items", "prefixItems", "additionalItems",
        "minItems", "maxItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
            "anyOf", "oneOf", "allOf", "not", "$ref");

    static readonly FrozenSet<string> annotations = FrozenSet.Create(
        StringComparer.Ordinal,
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id", "id", "$anchor", "$defs",
        "definitions", "$vocabulary",
        "contentEncoding", "contentMediaType", "contentSchema");

    /// <summary>Keywords of JSON Schema that masks cannot enforce, each with the reason.</summary>
    static readonly FrozenDictionary<string, string> refused = new Dictionary<string, string>
    {
        ["uniqueItems"] = "whether an item came before is not known to a grammar",
        ["contains"] = "an item anywhere in the array would have to match",
        ["minContains"] = "contains is not enforced",
        ["maxContains"] = "contains is not enforced",
        ["if"] = "a grammar reads a value once and has no conditions",
        ["then"] = "a grammar reads a value once and has no conditions",
        ["else"] = "a grammar reads a value once and has no conditions",
        ["dependentRequired"] = "which properties came before is not kept",
        ["dependentSchemas"] = "which properties came before is not kept",
        ["dependencies"] = "which properties came before is not kept",
        ["unevaluatedProperties"] = "what other keywords evaluated is not kept; use additionalProperties",
        ["unevaluatedItems"] = "what other keywords evaluated is not kept; use items",
        ["$dynamicRef"] = "its target is not known before a text is read",
        ["$recursiveRef"] = "its target is not known before a text is read",
        ["$dynamicAnchor"] = "its target is not known before a text is read",
        ["$recursiveAnchor"] = "its target is not known before a text is read",
        ["extends"] = "it is of draft 3; use allOf",
        ["disallow"] = "it is of draft 3; use not",
        ["divisibleBy"] = "it is of draft 3; use multipleOf",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="NotSupportedException">A keyword cannot be enforced.</exception>
    public static void Check(SchemaPlace place)
    {
        foreach (var field in place.Json.EnumerateObject())
        {
            if (enforced.Contains(field.Name) || annotations.Contains(field.Name) || field.Name.StartsWith("x-", StringComparison.Ordinal)
                || field.Name.StartsWith('_') || SaysNothing(place.Json, field))
                continue;
            throw place.Refused(field.Name,
                refused.TryGetValue(field.Name, out var why) ? why : "it is no keyword of JSON Schema; leave it out, or begin its name with x- or _");
        }
    }

    static bool SaysNothing(JsonElement schema, JsonProperty field) => field.Name switch
    {
        "uniqueItems" => field.Value.ValueKind == JsonValueKind.False
            || (schema.TryGetProperty("maxItems", out var most) && most.ValueKind == JsonValueKind.Number && most.TryGetInt32(out var n) && n <= 1),
        "unevaluatedProperties" or "unevaluatedItems" => field.Value.ValueKind == JsonValueKind.True,
        "if" => !schema.TryGetProperty("then", out _) && !schema.TryGetProperty("else", out _),
        "then" or "else" => !schema.TryGetProperty("if", out _),
        "minContains" or "maxContains" => !schema.TryGetProperty("contains", out _),
        "dependencies" or "dependentRequired" or "dependentSchemas" => field.Value.ValueKind == JsonValueKind.Object && !field.Value.EnumerateObject().Any(),
        _ => false,
    };
}
