using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI;

/// <summary>Functions of Microsoft.Extensions.AI as tools of one text, such as a FunctionTool of Nonet.ToolUse takes.</summary>
public static class TextFunction
{
    /// <summary>
    /// A function that takes one text and returns one. A function with one parameter gets the text as its value: as it is if the parameter is a string, else
    /// as JSON. A function with several gets the properties of a JSON object. A function without parameters ignores the text.
    /// </summary>
    /// <exception cref="FormatException">When it is called: the text is not the JSON that the parameters need.</exception>
    public static Func<string, CancellationToken, Task<string?>> AsTextFunction(this AIFunction function)
    {
        var parameters = function.JsonSchema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().Select(p => (p.Name, IsString: IsString(p.Value))).ToArray() : [];
        return async (text, cancellationToken) =>
        {
            var arguments = new AIFunctionArguments();
            if (parameters is [var (name, isString)])
                arguments[name] = isString ? text : Parse(text, function.Name);
            else if (parameters.Length > 1)
            {
                var json = Parse(text, function.Name);
                if (json.ValueKind != JsonValueKind.Object)
                    throw Wrong(function.Name, $"{json.ValueKind}", null);
                foreach (var property in json.EnumerateObject())
                    arguments[property.Name] = property.Value;
            }
            var result = await function.InvokeAsync(arguments, cancellationToken).ConfigureAwait(false);
            return result is null or JsonElement { ValueKind: JsonValueKind.Null } ? null : ToolResults.TextOf(result);
        };
    }

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
            throw Wrong(name, "text that is no JSON", e);
        }
    }

    static FormatException Wrong(string name, string found, Exception? e) =>
        new($"the input of '{name}': found {found}; expected the JSON of its parameters", e);
}
