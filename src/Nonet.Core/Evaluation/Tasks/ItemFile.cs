using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Data.Parquet;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>The records of a task's file, whatever its format, with their places.</summary>
static class ItemFile
{
    public static IEnumerable<(string Place, JsonObject Fields)> Read(string path, TaskSource source)
    {
        var format = source.Format ?? FormatOf(path);
        return format switch
        {
            ItemFormat.Parquet => Parquet(path),
            ItemFormat.Jsonl => Json(path, source.Records),
            _ => TaskTable.Whole(path, format == ItemFormat.Csv ? TaskFormat.Csv : TaskFormat.Tsv, source.Columns)
                .Select(row => (row.Place, Row(row.Names, row.Values))),
        };
    }

    static ItemFormat FormatOf(string path) => TaskLines.EndingOf(path) switch
    {
        ".csv" => ItemFormat.Csv,
        ".tsv" => ItemFormat.Tsv,
        ".parquet" => ItemFormat.Parquet,
        _ => ItemFormat.Jsonl,
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
