using System.Text.Json;

namespace Nonet.Text.Chat;

/// <summary>A call of a tool that the assistant requests.</summary>
/// <param name="Name">Name of the tool.</param>
/// <param name="Arguments">Arguments as a JSON object.</param>
/// <param name="Id">Id to which the result refers; null: none.</param>
public sealed record ChatToolCall(string Name, JsonElement Arguments, string? Id = null);

/// <summary>A tool that a model may call.</summary>
/// <param name="Name">Name of the tool.</param>
/// <param name="Description">What the tool does.</param>
/// <param name="Parameters">JSON schema of its arguments.</param>
public sealed record ChatTool(string Name, string Description, JsonElement Parameters)
{
    /// <summary>Whether a call's arguments must match the schema; otherwise they may be any JSON object.</summary>
    public bool IsStrict { get; init; } = true;
}

/// <summary>A turn of a conversation.</summary>
/// <param name="Role">system, user, assistant or tool.</param>
/// <param name="Content">Text of the message; null for a message with tool calls only.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>Tool calls that the assistant requests.</summary>
    public IReadOnlyList<ChatToolCall> ToolCalls { get; init; } = [];

    /// <summary>For the result of a tool: id of the call.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>For the result of a tool: name of the tool.</summary>
    public string? Name { get; init; }

    /// <summary>Reasoning of the model before its answer.</summary>
    public string? Reasoning { get; init; }

    /// <summary>A message that instructs the model.</summary>
    public static ChatMessage System(string content) => new("system", content);

    /// <summary>A message of the user.</summary>
    public static ChatMessage User(string content) => new("user", content);

    /// <summary>An answer of the model.</summary>
    public static ChatMessage Assistant(string content) => new("assistant", content);

    /// <summary>The result of a tool call.</summary>
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
