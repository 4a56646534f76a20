using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Text.Chat;

namespace Nonet.Data.Preferences;

/// <summary>A prompt with an answer that a person wrote.</summary>
public sealed record Demonstration(string Prompt, string Answer)
{
    /// <summary>Turns of the conversation whose transcript is the prompt; null: the prompt is a text.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>The prompt as a model receives it.</summary>
    public Prompt Asked => new(Prompt) { Messages = Messages };

    /// <summary>
    /// Reads demonstrations from JSON Lines, plain or .gz, with one object per line: {prompt, answer}, or {messages} that end with an answer.
    /// </summary>
    /// <exception cref="MalformedFileException">A line lacks a field, or there is no line. The message names the line.</exception>
    public static IReadOnlyList<Demonstration> Read(string path)
    {
        Demonstration[] all = [.. TaskRecord.Read(path).Select(Of)];
        return all.Length > 0 ? all
            : throw new MalformedFileException(path, "no line",
                "demonstrations: a JSON object with the fields prompt and answer, or with messages, on each line");
    }

    static Demonstration Of(TaskRecord record)
    {
        var prompt = PromptRecord.Read(record);
        return new Demonstration(prompt.Text, prompt.Answer is { } answer && !record.Has("answer") ? answer : record.Label("answer"))
        {
            Messages = prompt.Messages
        };
    }
}
