using System.Text.Json;
using Microsoft.Extensions.AI;
using Nonet.ToolUse;

namespace Nonet.Extensions.AI;

/// <summary>Converts functions of Microsoft.Extensions.AI to functions of one text, as FunctionTool of Nonet.ToolUse takes them.</summary>
public static class TextFunction
{
    /// <summary>
    /// Converts a function to one that takes one text and returns one. If the function has one parameter, the text is its value: unchanged if the parameter is
    /// a string, otherwise parsed as JSON. If it has several, the text is a JSON object with their values. If it has none, the text is ignored.
    /// </summary>
    /// <exception cref="FormatException">Thrown when the result is called: the text is not the JSON that the parameters need.</exception>
    public static Func<string, CancellationToken, Task<string?>> AsTextFunction(this AIFunction function)
    {
        return async (text, cancellationToken) =>
        {
            var arguments = new AIFunctionArguments();
            foreach (var (name, value) in ToolParameters.ArgumentsOf(function.JsonSchema, text, function.Name))
                arguments[name] = value;
            var result = await function.InvokeAsync(arguments, cancellationToken).ConfigureAwait(false);
            return result is null or JsonElement { ValueKind: JsonValueKind.Null } ? null : ToolResults.TextOf(result);
        };
    }
}
