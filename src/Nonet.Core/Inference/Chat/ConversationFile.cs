using System.Text.Encodings.Web;
using System.Text.Json;
using Nonet.Files;
using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>Conversations as files.</summary>
static class ConversationFile
{
    static readonly string[] roles = ["system", "user", "assistant", "tool"];

    public static void Write(string path, IEnumerable<ChatMessage> messages) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartArray("messages");
        foreach (var message in messages)
            message.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static ChatMessage[] Read(string path)
    {
        var fields = JsonFields.Read(path);
        if (!fields.IsArray("messages"))
            throw fields.Missing("messages", "an array of messages");
        return [.. fields.Objects("messages").Select(message =>
        {
            var role = message.Text("role") ?? throw message.Missing("role", string.Join(", ", roles));
            if (!roles.Contains(role))
                throw message.Wrong("role", string.Join(", ", roles));
            return new ChatMessage(role, message.Text("content") ?? throw message.Missing("content", "a text"))
            {
                Name = message.Text("name"),
                ToolCallId = message.Text("tool_call_id"),
                Reasoning = message.Text("reasoning_content"),
                ToolCalls = message.Has("tool_calls") ? [.. message.Objects("tool_calls").Select(Call)] : [],
            };
        })];
    }

    static ChatToolCall Call(JsonFields call)
    {
        var function = call.Object("function") ?? throw call.Missing("function", "an object with name and arguments");
        var arguments = function.All.FirstOrDefault(f => f.Name == "arguments").Value;
        return new ChatToolCall(function.Text("name") ?? throw function.Missing("name", "the name of a tool"),
            arguments.ValueKind == JsonValueKind.Object ? arguments.Clone() : throw function.Wrong("arguments", "a JSON object"), call.Text("id"));
    }
}
