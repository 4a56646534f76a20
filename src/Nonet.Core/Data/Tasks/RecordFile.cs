using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nonet.Data.Tasks;

/// <summary>Formats of a file of records.</summary>
public enum RecordFormat
{
    /// <summary>One JSON object per line, or an array of objects.</summary>
    Jsonl,

    /// <summary>Columns separated by tabs.</summary>
    Tsv,

    /// <summary>Columns separated by commas: RFC 4180.</summary>
    Csv,

    /// <summary>Apache Parquet: texts, numbers, truth values, and lists and groups of them.</summary>
    Parquet,
}

/// <summary>Reads the records of a file of any format, with their places.</summary>
static class RecordFile
{
    /// <param name="path">The file.</param>
    /// <param name="format">Its format; null: by its name.</param>
    /// <param name="records">The field that holds the list of records in a file that is one JSON object; null: the file is an array, or JSON Lines.</param>
    /// <param name="columns">Names of the columns of a TSV or CSV file whose first line has no names.</param>
    public static IEnumerable<(string Place, JsonObject Fields)> Read(string path, RecordFormat? format = null, string? records = null,
        IReadOnlyList<string>? columns = null) => (format ?? FormatOf(path)) switch
        {
            RecordFormat.Parquet => TaskRecord.OfParquet(path).Select(Fields),
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
            return TaskRecord.Read(path).Select(Fields);
        var list = new TaskRecord(path, "the file", TaskRecord.Whole(path, JsonValueKind.Object));
        return list.Records(records).Select(Fields);
    }

    static (string, JsonObject) Fields(TaskRecord record) => (record.Place, JsonObject.Create(record.Element)!);
}
