using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>Writes the parts of a call.</summary>
static class ToolCallWriter
{
    static readonly JavaScriptEncoder relaxed = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static void Append(StringBuilder text, ToolCallPart part, ChatToolCall call)
    {
        switch (part.Kind)
        {
            case ToolCallPartKind.Mark when !part.IsOptional:
            case ToolCallPartKind.Space:
                text.Append(part.Text);
                break;
            case ToolCallPartKind.Name:
                text.Append(call.Name);
                break;
            case ToolCallPartKind.Id when call.Id is not null:
                text.Append(part.Text).Append(call.Id);
                break;
            case ToolCallPartKind.Arguments:
                text.Append(JsonOf(call.Arguments));
                break;
            case ToolCallPartKind.Parameters:
                AppendParameters(text, part.Marks!, call.Arguments);
                break;
            case ToolCallPartKind.Object:
                text.Append($"{{\"name\": \"{call.Name}\", \"{part.Text}\": {JsonOf(call.Arguments)}");
                if (part.HasId && call.Id is not null)
                    text.Append($", \"id\": \"{call.Id}\"");
                text.Append('}');
                break;
            default:
                break;
        }
    }

    static void AppendParameters(StringBuilder text, ParameterMarks marks, JsonElement arguments)
    {
        foreach (var field in arguments.EnumerateObject())
        {
            var value = field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : JsonOf(field.Value);
            text.Append($"{marks.NameStart}{field.Name}{marks.NameEnd}{marks.Between}{marks.ValueStart}{marks.Line}{value}{marks.Line}{marks.ValueEnd}\n");
        }
    }

    /// <summary>JSON in Python's style, which models know from training: a space after each comma and colon.</summary>
    public static string JsonOf(JsonElement json)
    {
        var text = new StringBuilder();
        Append(text, json);
        return text.ToString();
    }

    static void Append(StringBuilder text, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                var fields = 0;
                foreach (var field in json.EnumerateObject())
                {
                    text.Append(fields++ > 0 ? ", \"" : "\"").Append(JsonEncodedText.Encode(field.Name, relaxed)).Append("\": ");
                    Append(text, field.Value);
                }
                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                var items = 0;
                foreach (var item in json.EnumerateArray())
                {
                    if (items++ > 0)
                        text.Append(", ");
                    Append(text, item);
                }
                text.Append(']');
                break;
            case JsonValueKind.String:
                text.Append('"').Append(JsonEncodedText.Encode(json.GetString()!, relaxed)).Append('"');
                break;
            default:
                text.Append(json.GetRawText());
                break;
        }
    }
}
