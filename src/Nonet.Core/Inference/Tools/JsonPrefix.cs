using System.Text;
using System.Text.Json;

namespace Nonet.Inference.Tools;

/// <summary>Reads a JSON value at the beginning of a text.</summary>
static class JsonPrefix
{
    /// <param name="utf8">The text so far.</param>
    /// <param name="json">The value, if it is complete.</param>
    /// <param name="characters">Length of a complete value in UTF-16 units; otherwise 0.</param>
    /// <returns>Whether the text begins with a whole value, is the beginning of a value, or is not JSON.</returns>
    public static ToolCallOutcome Read(ReadOnlySpan<byte> utf8, out JsonElement json, out int characters)
    {
        (json, characters) = (default, 0);
        var reader = new Utf8JsonReader(utf8, isFinalBlock: false, default);
        try
        {
            if (!JsonElement.TryParseValue(ref reader, out var value))
                return ToolCallOutcome.Unfinished;
            (json, characters) = (value.Value, Encoding.UTF8.GetCharCount(utf8[..(int)reader.BytesConsumed]));
            return ToolCallOutcome.Complete;
        }
        catch (JsonException)
        {
            return ToolCallOutcome.Different;
        }
    }
}
