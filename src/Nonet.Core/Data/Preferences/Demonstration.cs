using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Data.Preferences;

/// <summary>A prompt with an answer that a person wrote.</summary>
public sealed record Demonstration(string Prompt, string Answer)
{
    /// <summary>Reads demonstrations from JSON Lines, plain or .gz: {prompt, answer}, a line each.</summary>
    /// <exception cref="MalformedFileException">A line lacks a field, or there is no line. The message names the line.</exception>
    public static IReadOnlyList<Demonstration> Read(string path)
    {
        Demonstration[] all = [.. TaskRecord.Read(path).Select(record => new Demonstration(record.Text("prompt"), record.Label("answer")))];
        return all.Length > 0 ? all
            : throw new MalformedFileException(path, "no line", "demonstrations: a JSON object with the fields prompt and answer on each line");
    }
}
