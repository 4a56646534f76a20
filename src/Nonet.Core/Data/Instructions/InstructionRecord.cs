using System.Text.Json;
using Nonet.Data.Tasks;
using Nonet.Text.Chat;

namespace Nonet.Data.Instructions;

/// <summary>An example from the fields of a JSON object.</summary>
static class InstructionRecord
{
    const string MessagesKey = "messages", ConversationsKey = "conversations", ToolsKey = "tools";

    /// <summary>Known layouts, for messages.</summary>
    public const string Expected = "messages; conversations; prompt and completion; or instruction and output";

    /// <summary>Roles of ShareGPT, and the names that copies of it use for them.</summary>
    static readonly Dictionary<string, string> shareGptRoles = new(StringComparer.OrdinalIgnoreCase)
    {
        ["human"] = "user",
        ["user"] = "user",
        ["gpt"] = "assistant",
        ["assistant"] = "assistant",
        ["chatgpt"] = "assistant",
        ["model"] = "assistant",
        ["bing"] = "assistant",
        ["bard"] = "assistant",
        ["system"] = "system",
        ["tool"] = "tool",
        ["observation"] = "tool",
    };

    public static InstructionExample Read(TaskRecord record, InstructionLayout? layout)
    {
        var place = new ExamplePlace(record.Path, record.Place);
        return (layout ?? LayoutOf(record, place)) switch
        {
            InstructionLayout.Messages => InstructionExample.Chat([.. record.Records(MessagesKey).Select(Message)], place) with { Tools = ToolsOf(record) },
            InstructionLayout.ShareGpt =>
                InstructionExample.Chat([.. Opening(record), .. record.Records(ConversationsKey).Select(ShareGptMessage)], place) with
                {
                    Tools = ToolsOf(record)
                },
            InstructionLayout.Completion => InstructionExample.Text(record.Text("prompt"), record.Text("completion"), place),
            _ => Alpaca(record, place),
        };
    }

    static InstructionLayout LayoutOf(TaskRecord record, ExamplePlace place) =>
        record.Has(MessagesKey) ? InstructionLayout.Messages
            : record.Has(ConversationsKey) ? InstructionLayout.ShareGpt
            : record.Has("prompt") && record.Has("completion") ? InstructionLayout.Completion
            : record.Has("instruction") && record.Has("output") ? InstructionLayout.Alpaca
            : throw place.Malformed($"fields {string.Join(", ", record.Element.EnumerateObject().Take(12).Select(p => p.Name))}", Expected);

    /// <summary>Instruction and input are the user's turn, with an empty line between them.</summary>
    static InstructionExample Alpaca(TaskRecord record, ExamplePlace place)
    {
        var (instruction, input) = (record.Text("instruction"), record.Has("input") ? record.Text("input") : "");
        var question = input.Length == 0 ? instruction : $"{instruction}\n\n{input}";
        return InstructionExample.Chat([.. Opening(record), ChatMessage.User(question), ChatMessage.Assistant(record.Text("output"))], place);
    }

    /// <summary>The system message, if the record has one outside its turns.</summary>
    static IEnumerable<ChatMessage> Opening(TaskRecord record) =>
        record.Has("system") && record.Text("system") is { Length: > 0 } system ? [ChatMessage.System(system)] : [];

    static ChatMessage ShareGptMessage(TaskRecord turn)
    {
        var from = turn.Text("from");
        return new ChatMessage(shareGptRoles.GetValueOrDefault(from)
            ?? throw new ExamplePlace(turn.Path, turn.Place).Malformed($"a turn from '{from}'", $"one of {string.Join(", ", shareGptRoles.Keys)}"),
            turn.Text("value"));
    }

    /// <summary>A turn of a conversation.</summary>
    public static ChatMessage Message(TaskRecord message) => new(message.Text("role"), message.Has("content") ? message.Text("content") : null)
    {
        ToolCalls = message.Has("tool_calls") ? [.. message.Records("tool_calls").Select(Call)] : [],
        ToolCallId = message.Has("tool_call_id") ? message.Text("tool_call_id") : null,
        Name = message.Has("name") ? message.Text("name") : null,
        Reasoning = message.Has("reasoning_content") ? message.Text("reasoning_content") : null,
    };

    /// <summary>A call as OpenAI writes it: arguments are JSON, or a text with JSON in it.</summary>
    static ChatToolCall Call(TaskRecord call)
    {
        var arguments = call.Find("function.arguments") ?? throw call.Missing("function.arguments", "the arguments of the call");
        if (arguments.ValueKind == JsonValueKind.String)
            arguments = Parsed(call, "function.arguments", arguments);
        return new ChatToolCall(call.Text("function.name"), arguments, call.Has("id") ? call.Text("id") : null);
    }

    static JsonElement Parsed(TaskRecord record, string field, JsonElement text)
    {
        try
        {
            using var document = JsonDocument.Parse(record.Text(field));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw record.Wrong(field, text, "JSON");
        }
    }

    static IReadOnlyList<ChatTool> ToolsOf(TaskRecord record) => !record.Has(ToolsKey) ? [] : [.. record.Records(ToolsKey).Select(tool => new ChatTool(
        tool.Text("function.name"), tool.Has("function.description") ? tool.Text("function.description") : "", tool.Find("function.parameters")
        ?? EmptyObject()))];

    static JsonElement EmptyObject()
    {
        using var document = JsonDocument.Parse("{}");
        return document.RootElement.Clone();
    }
}
