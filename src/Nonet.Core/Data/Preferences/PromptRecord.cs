using System.Text.Json;
using Nonet.Data.Instructions;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Text.Chat;

namespace Nonet.Data.Preferences;

/// <summary>
/// The prompt of a record: a text or a list of messages in the field prompt, or a conversation in the field messages. If the last turn is the
/// assistant's, it is the answer and not part of the prompt.
/// </summary>
static class PromptRecord
{
    const string PromptKey = "prompt", MessagesKey = "messages";

    /// <summary>Whether the record has a prompt of its own.</summary>
    public static bool HasPrompt(TaskRecord record) => record.Has(PromptKey) || record.Has(MessagesKey);

    /// <summary>Reads the prompt, with the last turn of the assistant as its answer.</summary>
    public static Prompt Read(TaskRecord record) => IsList(record, PromptKey) ? Chat(record, PromptKey)
        : record.Has(PromptKey) || !record.Has(MessagesKey) ? new Prompt(record.Text(PromptKey)) : Chat(record, MessagesKey);

    /// <summary>An answer: a text, or a list with one message of the assistant.</summary>
    public static string Answer(TaskRecord record, string field)
    {
        if (!IsList(record, field))
            return record.Text(field);
        return Messages(record, field) is [{ Role: "assistant", Content: { } text }] ? text
            : throw record.Wrong(field, record.Find(field)!.Value, "a text, or a list with one message of the assistant");
    }

    /// <summary>A conversation that ends with an answer.</summary>
    public static (Prompt Prompt, string Answer) Whole(TaskRecord record, string field)
    {
        var prompt = Chat(record, field);
        return (prompt, prompt.Answer ?? throw record.Wrong(field, record.Find(field)!.Value, "a conversation that ends with the assistant's answer"));
    }

    /// <summary>Whether a field is a list.</summary>
    public static bool IsList(TaskRecord record, string field) => record.Find(field) is { ValueKind: JsonValueKind.Array };

    /// <summary>Writes the prompt: its messages if it has some, otherwise its text.</summary>
    public static void Write(Utf8JsonWriter json, string text, IReadOnlyList<ChatMessage>? messages)
    {
        if (messages is null)
        {
            json.WriteString(PromptKey, text);
            return;
        }
        json.WriteStartArray(PromptKey);
        foreach (var message in messages)
            message.Write(json);
        json.WriteEndArray();
    }

    static ChatMessage[] Messages(TaskRecord record, string field) => [.. record.Records(field).Select(InstructionRecord.Message)];

    static Prompt Chat(TaskRecord record, string field)
    {
        if (record.Has("tools"))
            throw new MalformedFileException(record.Path, $"tools in {record.Place}", "a conversation without tools: nothing here would answer their calls");
        var messages = Messages(record, field);
        var answer = messages is [.., { Role: "assistant" } last] ? last.Content : null;
        if (messages is [.., { Role: "assistant" }])
            messages = messages[..^1];
        InstructionExample.Chat([.. messages, ChatMessage.Assistant("")], new ExamplePlace(record.Path, record.Place)); // throws for roles out of order
        return new Prompt(Transcript.Of(messages), answer) { Messages = messages };
    }
}
