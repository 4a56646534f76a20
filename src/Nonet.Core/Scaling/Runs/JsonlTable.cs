using System.Text.Json;
using Nonet.Files;

namespace Nonet.Scaling.Runs;

/// <summary>One JSON object per line. A column is a field of any of them.</summary>
static class JsonlTable
{
    public static RawTable Read(string path)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<List<string?>>();
        foreach (var line in RawTable.Text(path).Split('\n'))
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            rows.Add(Row(path, rows.Count + 1, line, columns));
            if (columns.Count > RawTable.MostColumns || (long)columns.Count * rows.Count > RawTable.MostCells)
                throw new MalformedFileException(path, $"{rows.Count} rows of {columns.Count} different fields",
                    $"at most {RawTable.MostColumns} fields and {RawTable.MostCells} cells");
        }
        return new RawTable(path, [.. columns.Keys],
            [.. rows.Select(row => (string?[])[.. row, .. Enumerable.Repeat<string?>(null, columns.Count - row.Count)])]);
    }

    static List<string?> Row(string path, int number, string line, Dictionary<string, int> columns)
    {
        var cells = new List<string?>();
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new MalformedFileException(path, $"no JSON object in row {number}", "a JSON object a line");
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (columns.Count > RawTable.MostColumns)
                    break; // refused by the caller
                columns.TryAdd(field.Name, columns.Count);
                var column = columns[field.Name];
                while (cells.Count <= column)
                    cells.Add(null);
                cells[column] = Cell(path, number, field);
            }
        }
        catch (JsonException e)
        {
            var hint = line.Contains("NaN", StringComparison.Ordinal) || line.Contains("Infinity", StringComparison.Ordinal)
                ? "NaN or Infinity, which JSON does not have" : $"broken JSON ({e.Message})";
            throw new MalformedFileException(path, $"{hint} in row {number}", "a JSON object a line", e);
        }
        catch (InvalidOperationException e) // JsonElement throws it for a string with half a surrogate pair
        {
            throw new MalformedFileException(path, $"a string that is no text ({e.Message}) in row {number}", "escapes of whole characters", e);
        }
        return cells;
    }

    static string? Cell(string path, int row, JsonProperty field) => field.Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => field.Value.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => field.Value.GetRawText(),
        JsonValueKind.Array when field.Value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number) =>
            string.Join(';', field.Value.EnumerateArray().Select(e => e.GetRawText())),
        _ => throw new MalformedFileException(path,
            $"'{field.Name}' in row {row}: {(field.Value.ValueKind == JsonValueKind.Object ? "an object" : "an array of other things than numbers")}",
            "a number, a text or an array of numbers"),
    };
}
