using System.Text;
using Nonet.Data.Corpora;
using Nonet.Files;

namespace Nonet.ToolUse;

/// <summary>Reads a text and other fields from each line of a JSONL file. Blank lines and lines without text are skipped.</summary>
static class JsonlTexts
{
    /// <param name="file">The file.</param>
    /// <param name="field">Field with the text, which every line must have.</param>
    /// <param name="hint">The option that sets the field, for messages.</param>
    /// <param name="others">Optional fields.</param>
    public static IEnumerable<(string Text, string?[] Others)> Read(SourceFile file, string field, string hint, params string[] others)
    {
        using var stream = file.Open();
        var number = 0L;
        foreach (var line in ByteLines.Read(file.Path, stream))
        {
            number++;
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
                continue;
            var bytes = number == 1 && line.Span.StartsWith(Encoding.UTF8.Preamble) ? line[3..] : line;
            var (text, wrong) = JsonlDocuments.Field(bytes.Span, field);
            if (wrong is not null)
                throw new MalformedFileException(file.Path, $"{wrong} on line {number}",
                    $"an object with a string '{field}' on each line; set the field with {hint}, or correct the line");
            if (!string.IsNullOrWhiteSpace(text))
                yield return (text, Array.ConvertAll(others, other => JsonlDocuments.Field(bytes.Span, other).Text));
        }
    }
}
