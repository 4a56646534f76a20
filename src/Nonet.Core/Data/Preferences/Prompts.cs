using System.Text.Json;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Data.Preferences;

/// <summary>A prompt that a policy answers.</summary>
/// <param name="Text">The prompt.</param>
/// <param name="Answer">Expected answer, for rewards that compare with it; null: none.</param>
public sealed record Prompt(string Text, string? Answer = null)
{
    /// <summary>
    /// Reads prompts from JSON Lines, plain or .gz: {prompt} or {prompt, answer}, a line each. Other fields are passed over, so that files of rankings and
    /// demonstrations serve, too.
    /// </summary>
    /// <exception cref="MalformedFileException">A line has no prompt, or there is no line. The message names the line.</exception>
    public static IReadOnlyList<Prompt> Read(string path)
    {
        Prompt[] prompts = [.. TaskRecord.Read(path).Select(record =>
            new Prompt(record.Text("prompt"),
                record.Find("answer") is { ValueKind: JsonValueKind.String or JsonValueKind.Number } ? record.Label("answer") : null))];
        return prompts.Length > 0 ? prompts : throw new MalformedFileException(path, "no line", "prompts: a JSON object with a field prompt on each line");
    }
}
