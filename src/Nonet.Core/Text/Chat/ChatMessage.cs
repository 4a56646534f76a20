using System.Text.Json;

namespace Nonet.Text.Chat;

/// <summary>A call of a tool that an assistant asks for.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">A JSON object.</param>
/// <param name="Id">What the result refers to; null: nothing.</param>
public sealed record ChatToolCall(string Name, JsonElement Arguments, string? Id = null);

/// <summary>A tool that a model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">A JSON schema of its arguments.</param>
public sealed record ChatTool(string Name, string Description, JsonElement Parameters);

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">system, user, assistant or tool.</param>
/// <param name="Content">What is said; null where there are only calls.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>Calls that an assistant asks for.</summary>
    public IReadOnlyList<ChatToolCall> ToolCalls { get; init; } = [];

    /// <summary>Of a tool's result: which call it answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Of a tool's result: the tool's name.</summary>
    public string? Name { get; init; }

    /// <summary>What a model thought before it answered.</summary>
    public string? Reasoning { get; init; }

    public static ChatMessage System(string content) => new("system", content);
    public static ChatMessage User(string content) => new("user", content);
    public static ChatMessage Assistant(string content) => new("assistant", content);

    /// <summary>The result of a call.</summary>
    public static ChatMessage Tool(string content, string? callId = null, string? name = null) => new("tool", content) { ToolCallId = callId, Name = name };

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("role", Role);
        json.WriteString("content", Content);
        if (Name is not null)
            json.WriteString("name", Name);
        if (ToolCallId is not null)
            json.WriteString("tool_call_id", ToolCallId);
        if (Reasoning is not null)
            json.WriteString("reasoning_content", Reasoning);
        if (ToolCalls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var call in ToolCalls)
            {
                json.WriteStartObject();
                if (call.Id is not null)
                    json.WriteString("id", call.Id);
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", call.Name);
                json.WritePropertyName("arguments");
                call.Arguments.WriteTo(json);
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
