using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Data.Corpora;
using Nonet.Data.Parquet;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>
/// A JSON object of a task's file: a line of JSON Lines, an element of the array in a .json file, or a row of a Parquet file. Fields are named by
/// path: "translation.de" is a field of that name, or the field de of the object translation. If a field is missing or of another type, the error
/// names file and line.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Place">Place in the file: "line 3", "record 3", "row 3".</param>
/// <param name="Element">The object.</param>
readonly record struct TaskRecord(string Path, string Place, JsonElement Element)
{
    const long MostOfArray = 1L << 29;

    /// <summary>The objects of a file, plain or .gz. Empty lines are skipped.</summary>
    public static IEnumerable<TaskRecord> Read(string path)
    {
        if (TaskLines.EndingOf(path) == ".parquet")
            return OfParquet(path);
        if (StartsArray(path))
            return OfArray(path);
        return OfLines(path);
    }

    /// <summary>Whether the first byte that is not blank begins an array.</summary>
    static bool StartsArray(string path)
    {
        using var lines = TaskLines.Bytes(path).GetEnumerator();
        while (lines.MoveNext())
        {
            if (lines.Current.Span.IndexOfAnyExcept(" \t\r"u8) is >= 0 and var first)
                return lines.Current.Span[first] == '[';
        }
        return false;
    }

    static IEnumerable<TaskRecord> OfLines(string path)
    {
        var number = 0L;
        foreach (var line in TaskLines.Bytes(path))
        {
            number++;
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
                continue;
            var place = $"line {number}";
            yield return new TaskRecord(path, place, Parse(path, place, line, JsonValueKind.Object));
        }
    }

    static IEnumerable<TaskRecord> OfArray(string path)
    {
        var number = 0L;
        foreach (var element in Whole(path, JsonValueKind.Array).EnumerateArray())
        {
            var place = $"record {++number}";
            yield return element.ValueKind == JsonValueKind.Object ? new TaskRecord(path, place, element)
                : throw new MalformedFileException(path, $"{Describe(element)} as {place}", "a JSON object");
        }
    }

    /// <summary>The rows of a Parquet file.</summary>
    public static IEnumerable<TaskRecord> OfParquet(string path)
    {
        using var stream = ParquetDocuments.Seekable(path, SourceFile.Of(new DataSource { Path = path, Format = DataFormat.Parquet })[0].Open());
        var number = 0L;
        foreach (var row in ParquetRecords.Read(new ParquetFile(path, stream)))
            yield return new TaskRecord(path, $"row {++number}", ElementOf(row));
    }

    static JsonElement ElementOf(JsonObject row)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            row.WriteTo(json);
        using var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        return document.RootElement.Clone();
    }

    /// <summary>Reads a file that is one JSON value.</summary>
    public static JsonElement Whole(string path, JsonValueKind kind)
    {
        using var content = new MemoryStream();
        using (var stream = TaskLines.Open(path))
        {
            var buffer = new byte[1 << 16];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                content.Write(buffer, 0, read);
                if (content.Length > MostOfArray)
                    throw new MalformedFileException(path, $"more than {MostOfArray} bytes", "a smaller JSON file, or an object a line");
            }
        }
        var bytes = content.GetBuffer().AsMemory(0, (int)content.Length);
        return Parse(path, "the file", bytes.Span.StartsWith(System.Text.Encoding.UTF8.Preamble) ? bytes[3..] : bytes, kind);
    }

    static JsonElement Parse(string path, string place, ReadOnlyMemory<byte> json, JsonValueKind kind)
    {
        var expected = kind == JsonValueKind.Object ? "a JSON object" : "a JSON array of objects";
        if (!System.Text.Unicode.Utf8.IsValid(json.Span))
            throw new MalformedFileException(path, $"bytes of {place} that are not UTF-8", expected);
        try
        {
            using var document = ParseLeniently(json);
            return document.RootElement.ValueKind == kind ? document.RootElement.Clone()
                : throw new MalformedFileException(path, $"{Describe(document.RootElement)} as {place}", expected);
        }
        catch (JsonException e)
        {
            throw new MalformedFileException(path, $"broken JSON in {place} ({e.Message})", expected, e);
        }
    }

    /// <summary>
    /// Parses JSON in which Python may have written NaN and Infinity. They become null, so that an error occurs only if their field is needed.
    /// </summary>
    static JsonDocument ParseLeniently(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException) when (LenientJson.WithoutOddNumbers(json.Span) is { } mended)
        {
            return JsonDocument.Parse(mended);
        }
    }

    /// <summary>The value at a path; null if it is absent or null.</summary>
    public JsonElement? Find(string field)
    {
        if (TryGet(Element, field, out var value))
            return value.ValueKind == JsonValueKind.Null ? null : value;
        value = Element;
        foreach (var name in field.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !TryGet(value, name, out value))
                return null;
        }
        return value.ValueKind == JsonValueKind.Null ? null : value;
    }

    bool TryGet(JsonElement element, string name, out JsonElement value)
    {
        try
        {
            return element.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException e) // half of a surrogate pair
        {
            throw new MalformedFileException(Path, $"a name in {Place} with an escape that is no character, where '{name}' was looked for",
                "names of Unicode text", e);
        }
    }

    public bool Has(string field) => Find(field) is not null;

    public string Text(string field) => TextOf(field, Find(field) ?? throw Missing(field, "a string"));

    /// <summary>A string, or a number or boolean as it is written: the forms that labels take.</summary>
    public string Label(string field) => Label(field, Find(field) ?? throw Missing(field, "a string or a number"));

    string Label(string field, JsonElement value) =>
        value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? value.GetRawText() : TextOf(field, value);

    public string[] Labels(string field)
    {
        var self = this;
        return [.. Array(field).EnumerateArray().Select((e, i) => self.Label($"{field}[{i}]", e))];
    }

    public int Integer(string field) => Find(field) is not { } value ? throw Missing(field, "an integer")
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) ? n : throw Wrong(field, value, "an integer");

    public int[] Integers(string field)
    {
        var self = this;
        return [.. Array(field).EnumerateArray()
            .Select((e, i) => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var n) ? n : throw self.Wrong($"{field}[{i}]", e, "an integer"))];
    }

    public bool Flag(string field, bool otherwise) => Find(field) is not { } value ? otherwise
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(field, value, "true or false");

    public string[] Texts(string field)
    {
        var self = this;
        return [.. Array(field).EnumerateArray().Select((e, i) => self.TextOf($"{field}[{i}]", e))];
    }

    /// <summary>An array, or a string that contains one as JSON: tables such as Parquet files store lists as strings.</summary>
    public JsonElement Array(string field)
    {
        var value = Find(field) ?? throw Missing(field, "an array");
        if (value.ValueKind == JsonValueKind.String)
            value = ArrayOf(field, value);
        return value.ValueKind == JsonValueKind.Array ? value : throw Wrong(field, value, "an array");
    }

    JsonElement ArrayOf(string field, JsonElement text)
    {
        try
        {
            using var document = JsonDocument.Parse(TextOf(field, text));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw Wrong(field, text, "an array, or a text with one in JSON");
        }
    }

    /// <summary>
    /// The objects of an array, each with a place of its own. An object of arrays of equal length, {"from": [..], "value": [..]}, is read as such an
    /// array: Hugging Face's datasets store lists of objects in Parquet in this way.
    /// </summary>
    public IEnumerable<TaskRecord> Records(string field)
    {
        var number = 0;
        var elements = Find(field) is { ValueKind: JsonValueKind.Object } columns ? Rows(field, columns) : Array(field).EnumerateArray().ToArray();
        foreach (var element in elements)
        {
            var name = $"{field}[{number++}]";
            yield return element.ValueKind == JsonValueKind.Object ? new TaskRecord(Path, $"{Place}, {name}", element)
                : throw Wrong(name, element, "an object");
        }
    }

    JsonElement[] Rows(string field, JsonElement columns)
    {
        JsonProperty[] all = [.. columns.EnumerateObject()];
        if (all.Length == 0 || all.Any(p => p.Value.ValueKind != JsonValueKind.Array || p.Value.GetArrayLength() != all[0].Value.GetArrayLength()))
            throw Wrong(field, columns, "an array of objects, or an object of arrays of equal length");
        var rows = Enumerable.Range(0, all[0].Value.GetArrayLength()).Select(_ => new JsonObject()).ToArray();
        foreach (var column in all)
        {
            foreach (var (row, value) in rows.Zip(column.Value.EnumerateArray()))
                row[column.Name] = JsonNode.Parse(value.GetRawText());
        }
        return System.Array.ConvertAll(rows, ElementOf);
    }

    public string TextOf(string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Wrong(field, value, "a string");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e) // half of a surrogate pair
        {
            throw new MalformedFileException(Path, $"'{field}' in {Place} with an escape that is no character", "a string of Unicode text", e);
        }
    }

    public MalformedFileException Missing(string field, string expected) =>
        new(Path, $"no field '{field}' in {Place}; there are {string.Join(", ", Element.EnumerateObject().Take(12).Select(NameOf))}",
            $"{expected} of that name");

    static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException) // half of a surrogate pair
        {
            return "one that is not text";
        }
    }

    public MalformedFileException Wrong(string field, JsonElement value, string expected) => new(Path, $"'{field}' in {Place}: {Describe(value)}", expected);

    static string Describe(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            _ => value.GetRawText(),
        };
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
