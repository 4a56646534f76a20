using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>
/// Reads the parameters of a call between marks. The tool's schema decides whether a value is a string or, for example, a number; without a schema, a value
/// that is valid JSON is not a string. A string ends at the first mark. An array or an object ends with its JSON, whose strings may contain the mark.
/// </summary>
sealed class ParameterReader(ParameterMarks marks, ChatTool? tool)
{
    const int MostSteps = 16;

    static readonly string[] alternatives = ["anyOf", "oneOf", "allOf"];

    public static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the next parameter. <paramref name="taken"/> is 0 if none follows.</summary>
    public ToolCallOutcome Next(ReadOnlySpan<char> text, bool isEnd, JsonObject fields, out int taken)
    {
        taken = 0;
        var rest = text.TrimStart();
        if (!rest.StartsWith(marks.NameStart))
            return marks.NameStart.AsSpan().StartsWith(rest) ? ToolCallOutcome.Unfinished : ToolCallOutcome.Complete;
        rest = rest[marks.NameStart.Length..];
        var end = rest.IndexOf(marks.NameEnd, StringComparison.Ordinal);
        if (end < 0)
            return ToolCallOutcome.Unfinished;
        var name = rest[..end].Trim().ToString();
        rest = rest[(end + marks.NameEnd.Length)..];
        if (marks.ValueStart.Length > 0)
        {
            rest = rest.TrimStart();
            if (!rest.StartsWith(marks.ValueStart))
                return marks.ValueStart.AsSpan().StartsWith(rest) ? ToolCallOutcome.Unfinished : ToolCallOutcome.Different;
            rest = rest[marks.ValueStart.Length..];
        }
        var types = TypesOf(name);
        end = EndOf(rest, types, isEnd);
        if (end < 0)
            return ToolCallOutcome.Unfinished;
        fields[name] = ValueOf(types, marks.HasLines ? WithoutLines(rest[..end]) : rest[..end].ToString());
        taken = text.Length - rest.Length + end + marks.ValueEnd.Length;
        return ToolCallOutcome.Complete;
    }

    /// <summary>Position of a value's end mark; -1 as long as it is undecided.</summary>
    int EndOf(ReadOnlySpan<char> text, string[] types, bool isEnd)
    {
        var mark = text.IndexOf(marks.ValueEnd, StringComparison.Ordinal);
        var value = text.TrimStart();
        if (mark < 0 || value.IsEmpty || (value[0] == '[' ? !MayBe("array") : value[0] != '{' || !MayBe("object")))
            return mark;
        var outcome = JsonPrefix.Read(Encoding.UTF8.GetBytes(value.ToString()), out _, out var length);
        var after = value[length..].TrimStart();
        if (outcome == ToolCallOutcome.Complete && after.StartsWith(marks.ValueEnd))
            return text.Length - after.Length;
        // JSON that is not closed, or that other text follows, is a string.
        var isOpen = outcome == ToolCallOutcome.Unfinished || (outcome == ToolCallOutcome.Complete && marks.ValueEnd.AsSpan().StartsWith(after));
        return isOpen && !isEnd ? -1 : mark;

        bool MayBe(string type) => types.Length == 0 || types.Contains(type);
    }

    /// <summary>The value without the line breaks around it.</summary>
    static string WithoutLines(ReadOnlySpan<char> value)
    {
        value = value.StartsWith("\n") ? value[1..] : value;
        return (value.EndsWith("\n") ? value[..^1] : value).ToString();
    }

    /// <summary>Types that the tool's schema allows for a parameter; empty if the schema does not specify them.</summary>
    string[] TypesOf(string name)
    {
        var schema = tool is { Parameters: { ValueKind: JsonValueKind.Object } parameters } && parameters.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(name, out var own) ? own : default;
        return [.. TypesOf(schema, tool?.Parameters ?? default, MostSteps).Distinct()];
    }

    static JsonNode? ValueOf(string[] types, string value)
    {
        if (types is ["string"])
            return value;
        try
        {
            var json = JsonNode.Parse(value);
            var kind = json?.GetValueKind() ?? JsonValueKind.Null;
            return types.Length == 0 ? kind == JsonValueKind.String ? value : json : Array.Exists(types, type => IsOf(kind, type)) ? json : value;
        }
        catch (JsonException)
        {
            return value;
        }
    }

    /// <summary>Types that a schema allows; empty if it does not specify them.</summary>
    /// <param name="schema">The schema of a parameter.</param>
    /// <param name="root">The whole schema, for $ref.</param>
    /// <param name="steps">Maximum depth of nested schemas.</param>
    static IEnumerable<string> TypesOf(JsonElement schema, JsonElement root, int steps)
    {
        if (schema.ValueKind != JsonValueKind.Object || steps == 0)
            return [];
        if (schema.TryGetProperty("type", out var type))
            return type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.ToString()) : [type.ToString()];
        if (schema.TryGetProperty("const", out var value))
            return [NameOf(value.ValueKind)];
        if (schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array)
            return values.EnumerateArray().Select(v => NameOf(v.ValueKind));
        if (schema.TryGetProperty("$ref", out var pointer) && Find(root, pointer.ToString()) is { } found)
            return TypesOf(found, root, steps - 1);
        return from key in alternatives
               where schema.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array
               from one in schema.GetProperty(key).EnumerateArray()
               from name in TypesOf(one, root, steps - 1)
               select name;
    }

    /// <summary>The target of a local JSON pointer, such as #/$defs/Place.</summary>
    static JsonElement? Find(JsonElement root, string pointer)
    {
        if (!pointer.StartsWith("#/", StringComparison.Ordinal))
            return null;
        foreach (var part in pointer[2..].Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(name, out root))
                return null;
        }
        return root;
    }

    static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };

    static bool IsOf(JsonValueKind kind, string type) => kind switch
    {
        JsonValueKind.Number => type is "number" or "integer",
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        JsonValueKind.Null => type == "null",
        JsonValueKind.Array => type == "array",
        JsonValueKind.Object => type == "object",
        _ => false,
    };
}
