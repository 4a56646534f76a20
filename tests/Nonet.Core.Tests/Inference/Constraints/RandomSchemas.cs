using System.Globalization;
using System.Text.Json;

namespace Nonet.Tests.Inference.Constraints;

/// <summary>Random schemas, values that often fit them, and a validator written from JSON Schema's definitions.</summary>
static class RandomSchemas
{
    static readonly string[] names = ["a", "b", "c"];

    public static string Schema(Random random, int depth)
    {
        var parts = new List<string>();
        switch (random.Next(depth > 0 ? 10 : 5))
        {
            case 0:
                parts.Add($"\"type\":\"{(random.Next(2) == 0 ? "integer" : "number")}\"");
                if (random.Next(2) == 0)
                    parts.Add($"\"minimum\":{random.Next(-3, 3)}");
                if (random.Next(2) == 0)
                    parts.Add($"\"exclusiveMaximum\":{random.Next(1, 6)}");
                break;
            case 1:
                parts.Add("\"type\":\"string\"");
                if (random.Next(2) == 0)
                    parts.Add($"\"minLength\":{random.Next(3)}");
                if (random.Next(2) == 0)
                    parts.Add($"\"maxLength\":{random.Next(2, 4)}");
                if (random.Next(3) == 0)
                    parts.Add("\"pattern\":\"" + (random.Next(2) == 0 ? "^x" : "[yz]") + "\"");
                break;
            case 2:
                parts.Add("\"type\":[\"null\",\"boolean\"]");
                break;
            case 3:
                parts.Add($"\"enum\":[{string.Join(',', Enumerable.Range(0, 3).Select(_ => Value(random, 1, default)).Distinct())}]");
                break;
            case 4:
                break;
            case 5 or 6:
                parts.Add("\"type\":\"object\"");
                var declared = names[..random.Next(1, 3)];
                parts.Add($"\"properties\":{{{string.Join(',', declared.Select(n => $"\"{n}\":{Schema(random, depth - 1)}"))}}}");
                if (random.Next(2) == 0)
                    parts.Add($"\"required\":[\"{declared[random.Next(declared.Length)]}\"]");
                if (random.Next(2) == 0)
                    parts.Add($"\"additionalProperties\":{(random.Next(2) == 0 ? "false" : Schema(random, 0))}");
                if (random.Next(4) == 0)
                    parts.Add($"\"maxProperties\":{random.Next(1, 3)}");
                if (random.Next(4) == 0)
                    parts.Add($"\"minProperties\":{random.Next(1, 3)}");
                break;
            case 7:
                parts.Add("\"type\":\"array\"");
                parts.Add($"\"items\":{Schema(random, depth - 1)}");
                if (random.Next(2) == 0)
                    parts.Add($"\"prefixItems\":[{Schema(random, depth - 1)}]");
                if (random.Next(2) == 0)
                    parts.Add($"\"minItems\":{random.Next(2)}");
                if (random.Next(2) == 0)
                    parts.Add($"\"maxItems\":{random.Next(1, 3)}");
                break;
            case 8:
                parts.Add($"\"{(random.Next(2) == 0 ? "anyOf" : "allOf")}\":[{Schema(random, depth - 1)},{Schema(random, depth - 1)}]");
                break;
            default:
                parts.Add($"\"type\":[\"object\",\"null\"],\"properties\":{{\"a\":{{\"$ref\":\"#\"}}}}");
                break;
        }
        return $"{{{string.Join(',', parts)}}}";
    }

    /// <summary>A value; its properties in the order that declarations in any part of a schema come in: a, b, c.</summary>
    public static string Value(Random random, int depth, JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Object && random.Next(4) > 0)
        {
            if (schema.TryGetProperty("enum", out var values) && random.Next(2) == 0)
                return values[random.Next(values.GetArrayLength())].GetRawText();
            if (schema.TryGetProperty("anyOf", out var any) || schema.TryGetProperty("allOf", out any))
                return Value(random, depth, any[random.Next(2)]);
            if (schema.TryGetProperty("properties", out var properties))
                return Object(random, depth, n => properties.TryGetProperty(n, out var p) ? p : default);
            if (schema.TryGetProperty("items", out var items))
                return $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1, items)))}]";
            if (schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String)
                return Scalar(random, type.GetString() == "string" ? 3 : random.Next(2));
        }
        return depth > 0 && random.Next(3) == 0 ? random.Next(2) == 0 ? Object(random, depth, _ => default)
            : $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => Value(random, depth - 1, default)))}]"
            : Scalar(random, random.Next(5));
    }

    static string Object(Random random, int depth, Func<string, JsonElement> schema) =>
        $"{{{string.Join(',', names.Where(_ => random.Next(2) == 0).Select(n => $"\"{n}\":{Value(random, depth - 1, schema(n))}"))}}}";

    static string Scalar(Random random, int kind) => kind switch
    {
        0 => random.Next(-4, 8).ToString(CultureInfo.InvariantCulture),
        1 => (random.Next(-8, 12) + 0.5).ToString(CultureInfo.InvariantCulture),
        2 => new[] { "null", "true", "false" }[random.Next(3)],
        _ => $"\"{string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => "xyé"[random.Next(3)]))}\"",
    };

    public static bool IsValid(JsonElement root, JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return schema.ValueKind == JsonValueKind.True;
        foreach (var field in schema.EnumerateObject())
        {
            if (!Holds(root, schema, field, value))
                return false;
        }
        return true;
    }

    static bool Holds(JsonElement root, JsonElement schema, JsonProperty field, JsonElement value)
    {
        var (kind, limit) = (value.ValueKind, field.Value.ValueKind == JsonValueKind.Number ? field.Value.GetDouble() : 0);
        switch (field.Name)
        {
            case "type":
                return (field.Value.ValueKind == JsonValueKind.Array ? field.Value.EnumerateArray().Select(t => t.GetString()!) : [field.Value.GetString()!])
                    .Any(t => t switch
                {
                    "integer" => kind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
                    "number" => kind == JsonValueKind.Number,
                    "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
                    _ => string.Equals(kind.ToString(), t, StringComparison.OrdinalIgnoreCase),
                });
            case "minimum":
                return kind != JsonValueKind.Number || value.GetDouble() >= limit;
            case "exclusiveMaximum":
                return kind != JsonValueKind.Number || value.GetDouble() < limit;
            case "minLength":
                return kind != JsonValueKind.String || value.GetString()!.Length >= limit;
            case "maxLength":
                return kind != JsonValueKind.String || value.GetString()!.Length <= limit;
            case "pattern":
                return kind != JsonValueKind.String
                    || (field.Value.GetString() == "^x" ? value.GetString()!.StartsWith('x') : value.GetString()!.IndexOfAny(['y', 'z']) >= 0);
            case "enum":
                return field.Value.EnumerateArray().Any(v => JsonElement.DeepEquals(v, value));
            case "anyOf":
                return field.Value.EnumerateArray().Any(s => IsValid(root, s, value));
            case "allOf":
                return field.Value.EnumerateArray().All(s => IsValid(root, s, value));
            case "$ref":
                return IsValid(root, root, value);
            case "properties":
                return kind != JsonValueKind.Object
                    || field.Value.EnumerateObject().All(p => !value.TryGetProperty(p.Name, out var v) || IsValid(root, p.Value, v));
            case "additionalProperties":
                return kind != JsonValueKind.Object
                    || value.EnumerateObject().All(p => schema.GetProperty("properties").TryGetProperty(p.Name, out _) || IsValid(root, field.Value, p.Value));
            case "required":
                return kind != JsonValueKind.Object || field.Value.EnumerateArray().All(n => value.TryGetProperty(n.GetString()!, out _));
            case "minProperties":
                return kind != JsonValueKind.Object || value.EnumerateObject().Count() >= limit;
            case "maxProperties":
                return kind != JsonValueKind.Object || value.EnumerateObject().Count() <= limit;
            case "items":
                var first = schema.TryGetProperty("prefixItems", out _) ? 1 : 0;
                return kind != JsonValueKind.Array || value.EnumerateArray().Skip(first).All(v => IsValid(root, field.Value, v));
            case "prefixItems":
                return kind != JsonValueKind.Array || value.GetArrayLength() == 0 || IsValid(root, field.Value[0], value[0]);
            case "minItems":
                return kind != JsonValueKind.Array || value.GetArrayLength() >= limit;
            case "maxItems":
                return kind != JsonValueKind.Array || value.GetArrayLength() <= limit;
            default:
                throw new NotSupportedException(field.Name);
        }
    }
}
