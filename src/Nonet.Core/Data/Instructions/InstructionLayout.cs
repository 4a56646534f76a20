using System.Text.Json.Serialization;

namespace Nonet.Data.Instructions;

/// <summary>Layouts of a file of examples.</summary>
public enum InstructionLayout
{
    /// <summary>Conversations: <c>{"messages": [{"role": "user", "content": "..."}, ...]}</c>.</summary>
    Messages,

    /// <summary>Conversations of ShareGPT: <c>{"conversations": [{"from": "human", "value": "..."}, ...]}</c>.</summary>
    [JsonStringEnumMemberName("sharegpt")]
    ShareGpt,

    /// <summary>Prompts with completions: <c>{"prompt": "...", "completion": "..."}</c>.</summary>
    Completion,

    /// <summary>Instructions of Alpaca: <c>{"instruction": "...", "input": "...", "output": "..."}</c>, each a conversation of two turns.</summary>
    Alpaca,
}
