using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Text.Chat;

namespace Nonet.Data.Preferences;

/// <summary>A prompt, and the answers to it that people rank.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Answers">Different answers; empty: a model must write them.</param>
public sealed record Candidates(string Prompt, IReadOnlyList<string> Answers)
{
    /// <summary>Turns of the conversation whose transcript is the prompt; null: the prompt is a text.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>The prompt as a model receives it.</summary>
    public Prompt Asked => new(Prompt) { Messages = Messages };

    /// <summary>Smallest number of answers that can be ranked.</summary>
    public const int Fewest = 2;

    /// <summary>Largest number of answers that a labeller compares at once. Ouyang et al. 2022, section 3.5: K = 4 to 9.</summary>
    public const int Most = 9;

    /// <summary>
    /// Reads JSON Lines, plain or .gz, with one object per line: {prompt} or {prompt, answers}. A prompt is a text or a list of messages. Other
    /// fields are ignored.
    /// </summary>
    /// <exception cref="MalformedFileException">A line has no prompt, or answers that cannot be ranked. The message names the line.</exception>
    public static IReadOnlyList<Candidates> Read(string path)
    {
        Candidates[] all = [.. TaskRecord.Read(path).Select(Of)];
        return all.Length > 0 ? all : throw new MalformedFileException(path, "no line", "prompts: a JSON object with a field prompt on each line");
    }

    static Candidates Of(TaskRecord record)
    {
        var prompt = PromptRecord.Read(record);
        if (!record.Has("answers"))
            return new Candidates(prompt.Text, []) { Messages = prompt.Messages };
        var answers = record.Texts("answers");
        if (answers.Length is < Fewest or > Most)
            throw new MalformedFileException(record.Path, $"{Counted.Of(answers.Length, "answer")} in {record.Place}",
                $"{Fewest} to {Most} answers to rank, or no field answers, for answers that a model writes");
        if (answers.Distinct(StringComparer.Ordinal).Count() < answers.Length)
            throw new MalformedFileException(record.Path, $"the same answer twice in {record.Place}", "different answers");
        return new Candidates(prompt.Text, answers) { Messages = prompt.Messages };
    }
}
