using System.Text;
using System.Text.Json;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Reads a field of the object on each line. Empty lines are passed over, and so are objects whose text is empty.</summary>
static class JsonlDocuments
{
    /// <param name="path">For errors.</param>
    /// <param name="stream">The bytes.</param>
    /// <param name="field">Which field of an object is its text.</param>
    /// <param name="broken">Told of a line that cannot be read, by number and reason; it throws, or lets it be passed over.</param>
    /// <param name="position">Told of the bytes read.</param>
    public static IEnumerable<string> Read(string path, Stream stream, string field, Action<long, string> broken, Action<long>? position = null)
    {
        var (any, number, bytes) = (false, 0L, 0L);
        foreach (var line in ByteLines.Read(path, stream))
        {
            number++;
            position?.Invoke(bytes += line.Length + 1);
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
                continue;
            any = true;
            var (text, wrong) = Field(number == 1 && line.Span.StartsWith(Encoding.UTF8.Preamble) ? line.Span[3..] : line.Span, field);
            if (wrong is not null)
                broken(number, wrong);
            else if (!string.IsNullOrWhiteSpace(text))
                yield return text;
        }
        if (!any)
            throw new MalformedFileException(path, "an empty file", "a JSON object a line");
    }

    static (string? Text, string? Wrong) Field(ReadOnlySpan<byte> line, string name)
    {
        var json = new Utf8JsonReader(line);
        string? text = null, wrong = $"no field '{name}'";
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return (null, "no JSON object");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var wanted = json.ValueTextEquals(name);
                json.Read();
                if (wanted)
                {
                    text = json.TokenType == JsonTokenType.String ? json.GetString() : null;
                    wrong = text is null ? $"field '{name}' is no string" : null;
                }
                json.Skip();
            }
            json.Read(); // what stands behind the object is an error
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second: a string that is not UTF-8
        {
            return (null, e is JsonException ? $"broken JSON at byte {json.BytesConsumed}" : $"field '{name}' is not UTF-8");
        }
        return (text, wrong);
    }
}
