using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Reads a field of the object on each line. Empty lines are passed over, and so are objects whose text is null or blank.</summary>
static class JsonlDocuments
{
    /// <param name="path">For errors.</param>
    /// <param name="stream">The bytes.</param>
    /// <param name="field">Which field of an object is its text.</param>
    /// <param name="broken">Told of a line that cannot be read, by number and reason; it throws, or lets it be passed over.</param>
    /// <param name="withoutText">Told of each object whose text is null or blank.</param>
    /// <param name="position">Told of the bytes read.</param>
    public static IEnumerable<string> Read(string path, Stream stream, string field, Action<long, string> broken, Action? withoutText = null, Action<long>? position = null)
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
            throw new MalformedFileException(path, "an empty file", "a JSON object a line");
    }

    /// <summary>The text of a line, null where the field is null; or what is wrong with it. A field that was not asked for may hold NaN and the like.</summary>
    static (string? Text, string? Wrong) Field(ReadOnlySpan<byte> line, string name)
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
        catch (InvalidOperationException) // how the reader says that a string is no text
        {
            return (null, NoText(line, name));
        }
    }

    static string NoText(ReadOnlySpan<byte> line, string name) => Utf8.IsValid(line)
        ? $"field '{name}' holds an escape \\ud800 to \\udfff that is half of a surrogate pair, and no character" : $"field '{name}' is not UTF-8";

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
                wrong = json.TokenType is JsonTokenType.String or JsonTokenType.Null ? null : $"field '{name}' is no string";
            }
            json.Skip();
        }
        json.Read(); // what stands behind the object is an error
        return (text, wrong);
    }
}
