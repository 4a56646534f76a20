using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nonet.ToolUse;

/// <summary>
/// Converts the arguments of function calling to the one text that a tool takes, and back. If the schema has one property, the text is its value: unchanged if
/// it is a string, otherwise as JSON. If it has several, the text is the JSON object. If it has none, the text is empty.
/// </summary>
public static class ToolParameters
{
    /// <summary>The schema of a tool that takes one text, <c>input</c>.</summary>
    public static JsonElement OneText { get; } =
        JsonElement.Parse("""{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}""");

    /// <summary>The schema of a tool without arguments.</summary>
    public static JsonElement None { get; } = JsonElement.Parse("""{"type":"object","properties":{},"additionalProperties":false}""");

    /// <summary>Converts the arguments of a call to the tool's input.</summary>
    /// <param name="parameters">Schema of the tool.</param>
    /// <param name="arguments">A JSON object.</param>
    public static string InputOf(JsonElement parameters, JsonElement arguments) => Properties(parameters) switch
    {
        [] => "",
        [var one] => arguments.ValueKind == JsonValueKind.Object && arguments.TryGetProperty(one.Name, out var value) ? TextOf(value) : "",
        _ => arguments.GetRawText(),
    };

    /// <summary>Converts a tool's input to the arguments of a call.</summary>
    /// <param name="parameters">Schema of the tool.</param>
    /// <param name="input">The text between the parentheses of a call.</param>
    /// <param name="name">Name of the tool, for the message.</param>
    /// <exception cref="FormatException">The input is not the JSON that the parameters need.</exception>
    public static IReadOnlyDictionary<string, JsonElement> ArgumentsOf(JsonElement parameters, string input, string name)
    {
        input = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(input)); // replaces lone surrogates, which JSON cannot represent
        switch (Properties(parameters))
        {
            case []:
                return new Dictionary<string, JsonElement>();
            case [var one]:
                var value = IsString(one.Value) ? JsonElement.Parse(JsonValue.Create(input).ToJsonString()) : Parse(input, name);
                return new Dictionary<string, JsonElement> { [one.Name] = value };
            default:
                var json = Parse(input, name);
                if (json.ValueKind != JsonValueKind.Object)
                    throw Wrong(name, $"{json.ValueKind}", null);
                var arguments = new Dictionary<string, JsonElement>();
                foreach (var property in json.EnumerateObject())
                    arguments[property.Name] = property.Value; // the last one if names are equal
                return arguments;
        }
    }

    static JsonProperty[] Properties(JsonElement parameters) =>
        parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object ? [.. properties.EnumerateObject()] : [];

    static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    static bool IsString(JsonElement schema) => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var type)
        && (type.ValueKind == JsonValueKind.String ? type.GetString() == "string" : type.ValueKind == JsonValueKind.Array && type.EnumerateArray()
            .Any(t => t.ValueKind == JsonValueKind.String && t.GetString() == "string"));

    static JsonElement Parse(string text, string name)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException e)
        {
            throw Wrong(name, "text that is not JSON", e);
        }
    }

    static FormatException Wrong(string name, string found, Exception? e) =>
        new($"the input of '{name}': found {found}; expected the JSON of its parameters", e);
}
