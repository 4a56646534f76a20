using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Data.Parquet;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>Formats of a file of records.</summary>
public enum RecordFormat
{
    /// <summary>A JSON object a line, or an array of them.</summary>
    Jsonl,

    /// <summary>Columns parted by tabs.</summary>
    Tsv,

    /// <summary>Columns parted by commas: RFC 4180.</summary>
    Csv,

    /// <summary>Apache Parquet; columns of text and of numbers.</summary>
    Parquet,
}

/// <summary>The records of a file, whatever its format, with their places.</summary>
static class RecordFile
{
    /// <param name="path">The file.</param>
    /// <param name="format">Its format; null: by its name.</param>
    /// <param name="records">The field that holds the list of records in a file that is one JSON object; null: the file is a list, or an object a line.</param>
    /// <param name="columns">Names of the columns of a TSV or CSV file whose first line holds none.</param>
    public static IEnumerable<(string Place, JsonObject Fields)> Read(string path, RecordFormat? format = null, string? records = null,
        IReadOnlyList<string>? columns = null) => (format ?? FormatOf(path)) switch
        {
            RecordFormat.Parquet => Parquet(path),
            RecordFormat.Jsonl => Json(path, records),
            var table => TaskTable.Whole(path, table == RecordFormat.Csv ? TaskFormat.Csv : TaskFormat.Tsv, columns)
                .Select(row => (row.Place, Row(row.Names, row.Values))),
        };

    static RecordFormat FormatOf(string path) => TaskLines.EndingOf(path) switch
    {
        ".csv" => RecordFormat.Csv,
        ".tsv" => RecordFormat.Tsv,
        ".parquet" => RecordFormat.Parquet,
        _ => RecordFormat.Jsonl,
    };

    static JsonObject Row(IReadOnlyList<string> names, IEnumerable<string?> values)
    {
        var fields = new JsonObject();
        foreach (var (name, value) in names.Zip(values))
            fields[name] = value;
        return fields;
    }

    static IEnumerable<(string, JsonObject)> Json(string path, string? records)
    {
        if (records is null)
            return TaskRecord.Read(path).Select(r => (r.Place, JsonObject.Create(r.Element)!));
        var list = new TaskRecord(path, "the file", TaskRecord.Whole(path, JsonValueKind.Object));
        return list.Records(records).Select(r => (r.Place, JsonObject.Create(r.Element)!));
    }

    static IEnumerable<(string, JsonObject)> Parquet(string path)
    {
        using var stream = File.OpenRead(path);
        var file = new ParquetFile(path, stream);
        var columns = file.Columns.Where(c => c.IsText || c.IsNumber).ToArray();
        if (columns.Length == 0)
            throw new MalformedFileException(path, $"columns {string.Join(", ", file.Columns.Select(c => $"{c.Path} ({c.Kind})"))}",
                "columns of text or of numbers");
        // a column at a time: a file of items is small, and columns lie one after another
        var values = columns.Select(c => file.Values(c).Select(v => v.Text).ToArray()).ToArray();
        var names = columns.Select(c => c.Path).ToArray();
        for (var row = 0; row < values[0].Length; row++)
            yield return ($"row {row + 1}", Row(names, values.Select(v => v[row])));
    }
}
