using System.Text.Json;
using Nonet.Inference.Tools;
using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>A conversation to answer.</summary>
public sealed record ChatRequest
{
    /// <summary>The turns, the last of the user or of a tool.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>Tools that the reply may call.</summary>
    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    /// <summary>Whether the reply may, must or must not call a tool.</summary>
    public ToolChoice ToolChoice { get; init; } = ToolChoice.Auto;

    /// <summary>Whether one reply may call several tools, or one several times.</summary>
    public bool AllowsSeveralCalls { get; init; } = true;

    /// <summary>JSON schema of the reply, unless it calls tools; null: free text.</summary>
    public string? Schema { get; init; }

    /// <summary>Settings of sampling and stopping; null: the model's defaults. Stop texts end the text, but never a call.</summary>
    public GenerationOptions? Options { get; init; }

    /// <summary>Further variables of the chat template, such as enable_thinking: a JSON object.</summary>
    public JsonElement? Variables { get; init; }
}
