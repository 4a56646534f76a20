using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI;

/// <summary>Converts results of functions to text for the model.</summary>
static class ToolResults
{
    public static string TextOf(FunctionResultContent content) =>
        content.Result is null && content.Exception is { } error ? $"Error: {error.Message}" : TextOf(content.Result);

    public static string TextOf(object? result) => result switch
    {
        null => "null",
        string text => text,
        TextContent content => content.Text,
        AIContent other => throw new NotSupportedException(
            $"a function returned {other.GetType().Name}; this model reads text: expected TextContent, or a value that is written as JSON"),
        IEnumerable<AIContent> contents => string.Concat(contents.Select(TextOf)),
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        JsonElement json => json.GetRawText(),
        _ => JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object))),
    };
}
