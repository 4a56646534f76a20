using System.Text.Json;
using Microsoft.Extensions.AI;
using Nonet.ToolUse;

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
