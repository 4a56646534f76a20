using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Reads a field of the JSON object on each line. Empty lines and objects whose text is null or blank are skipped.</summary>
static class JsonlDocuments
{
    /// <param name="path">Path for error messages.</param>
    /// <param name="stream">The bytes.</param>
    /// <param name="field">Field with the text.</param>
    /// <param name="broken">Receives the number of an unreadable line and the reason. It throws, or returns to skip the line.</param>
    /// <param name="withoutText">Called for each object whose text is null or blank.</param>
    /// <param name="position">Receives the number of bytes read.</param>
    public static IEnumerable<string> Read(string path, Stream stream, string field, Action<long, string> broken, Action? withoutText = null,
        Action<long>? position = null)
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
            else if (string.IsNullOrWhiteSpace(text))
                withoutText?.Invoke();
            else
                yield return text;
        }
        if (!any)
            throw new MalformedFileException(path, "an empty file", "one JSON object per line");
    }

    /// <summary>The text of a line (null if the field is null), or an error. Other fields may hold NaN and similar values.</summary>
    internal static (string? Text, string? Wrong) Field(ReadOnlySpan<byte> line, string name)
    {
        var json = new Utf8JsonReader(line);
        try
        {
            return Field(ref json, name);
        }
        catch (JsonException) when (LenientJson.WithoutOddNumbers(line) is { } mended)
        {
            try
            {
                json = new Utf8JsonReader(mended);
                return Field(ref json, name);
            }
            catch (JsonException)
            {
                return (null, "broken JSON");
            }
            catch (InvalidOperationException)
            {
                return (null, NoText(line, name));
            }
        }
        catch (JsonException)
        {
            return (null, $"broken JSON at byte {json.BytesConsumed}");
        }
        catch (InvalidOperationException) // thrown for a string that is not valid text
        {
            return (null, NoText(line, name));
        }
    }

    static string NoText(ReadOnlySpan<byte> line, string name) => Utf8.IsValid(line)
        ? $"field '{name}' holds an escape \\ud800 to \\udfff that is half of a surrogate pair and not a character" : $"field '{name}' is not UTF-8";

    static (string? Text, string? Wrong) Field(ref Utf8JsonReader json, string name)
    {
        string? text = null, wrong = $"no field '{name}'";
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return (null, "no JSON object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var wanted = json.ValueTextEquals(name);
            json.Read();
            if (wanted)
            {
                text = json.TokenType == JsonTokenType.String ? json.GetString() : null;
                wrong = json.TokenType is JsonTokenType.String or JsonTokenType.Null ? null : $"field '{name}' is not a string";
            }
            json.Skip();
        }
        json.Read(); // throws if anything follows the object
        return (text, wrong);
    }
}
