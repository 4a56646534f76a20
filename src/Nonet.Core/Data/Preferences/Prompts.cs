using System.Text.Json;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Text.Chat;

namespace Nonet.Data.Preferences;

/// <summary>A prompt that a policy answers.</summary>
/// <param name="Text">The prompt; for a conversation, its transcript in HH-RLHF's layout.</param>
/// <param name="Answer">Expected answer, for rewards that compare with it; null: none.</param>
public sealed record Prompt(string Text, string? Answer = null)
{
    /// <summary>Turns of the conversation, the last of which is the user's; null: the prompt is a text.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>
    /// Reads prompts from JSON Lines, plain or .gz, with one object per line: {prompt}, {prompt, answer} or {messages}. A prompt is a text or a list
    /// of messages. A last message of the assistant is the expected answer, unless there is a field answer. Other fields are ignored, so files of
    /// rankings and demonstrations can be used too.
    /// </summary>
    /// <exception cref="MalformedFileException">A line has no prompt, or there is no line. The message names the line.</exception>
    public static IReadOnlyList<Prompt> Read(string path)
    {
        Prompt[] prompts = [.. TaskRecord.Read(path).Select(Of)];
        return prompts.Length > 0 ? prompts
            : throw new MalformedFileException(path, "no line", "prompts: a JSON object with a field prompt or messages on each line");
    }

    static Prompt Of(TaskRecord record)
    {
        var prompt = PromptRecord.Read(record);
        return record.Find("answer") is { ValueKind: JsonValueKind.String or JsonValueKind.Number } ? prompt with { Answer = record.Label("answer") } : prompt;
    }
}
