using System.Globalization;
using System.Text;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>Formats of a task's file, plain or gzip.</summary>
public enum TaskFormat
{
    /// <summary>Columns separated by tabs, without quotation: a quotation mark is text, as in GLUE.</summary>
    Tsv,

    /// <summary>Columns separated by commas. A field in quotation marks may contain commas, line ends and doubled quotation marks: RFC 4180.</summary>
    Csv,

    /// <summary>One JSON object per line, or an array of objects.</summary>
    Jsonl,
}

/// <summary>Reads columns of a task's file by name, or by number if the file has no names.</summary>
static class TaskTable
{
    const int LongestRecord = 1 << 26;

    public static TaskFormat FormatOf(string path, TaskFormat? given) => given ?? TaskLines.EndingOf(path) switch
    {
        ".jsonl" or ".ndjson" or ".json" => TaskFormat.Jsonl,
        ".csv" => TaskFormat.Csv,
        _ => TaskFormat.Tsv,
    };

    /// <summary>The requested fields of each row, with the place of the row ("line 3"). Empty lines are skipped.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Its format; null: determined by its name, and TSV for other names.</param>
    /// <param name="fields">Names of columns, which the first line then holds, or numbers from 1; of JSON, paths of fields.</param>
    /// <param name="header">Whether the first line holds names; null: it does if a field is not a number.</param>
    public static IEnumerable<(string Place, string[] Values)> Read(string path, TaskFormat? format, IReadOnlyList<string> fields, bool? header = null)
    {
        var kind = FormatOf(path, format);
        if (kind == TaskFormat.Jsonl)
            return TaskRecord.Read(path).Select(r => (r.Place, fields.Select(r.Label).ToArray()));
        return Rows(path, kind == TaskFormat.Csv ? Csv(path) : TaskLines.Read(path).Select(l => (l.Number, l.Text.Split('\t'))), fields, header);
    }

    /// <summary>All columns of each row of a TSV or CSV file, by the names on its first line, or by those that are given if it has none.</summary>
    public static IEnumerable<(string Place, IReadOnlyList<string> Names, string[] Values)> Whole(string path, TaskFormat format, IReadOnlyList<string>? names)
    {
        foreach (var (number, columns) in format == TaskFormat.Csv ? Csv(path) : TaskLines.Read(path).Select(l => (l.Number, l.Text.Split('\t'))))
        {
            if (names is null)
                names = columns;
            else if (columns is not [var only] || !string.IsNullOrWhiteSpace(only))
            {
                yield return columns.Length == names.Count ? ($"line {number}", names, columns)
                    : throw new MalformedFileException(path, $"{Counted.Of(columns.Length, "column")} on line {number}",
                        $"{names.Count}: {string.Join(", ", names)}");
            }
        }
    }

    static IEnumerable<(string, string[])> Rows(string path, IEnumerable<(long Number, string[] Columns)> rows, IReadOnlyList<string> fields, bool? header)
    {
        int?[] places = [.. fields.Select(Number)];
        var isHeader = header ?? places.Contains(null);
        foreach (var (number, columns) in rows)
        {
            if (isHeader)
            {
                isHeader = false;
                for (var f = 0; f < places.Length; f++)
                    places[f] ??= Named(path, columns, fields[f]);
                continue;
            }
            if (columns is [var only] && string.IsNullOrWhiteSpace(only))
                continue;
            var needed = places.Max(p =>
                p ?? throw new ArgumentException($"{path}: a column is named, but the file is to have no line of names: give the number of the column"));
            if (columns.Length <= needed)
                throw new MalformedFileException(path, $"{Counted.Of(columns.Length, "column")} on line {number}", $"at least {needed + 1}");
            yield return ($"line {number}", [.. places.Select(p => columns[p!.Value])]);
        }
    }

    /// <summary>A column's index from 0; null if it is given by name.</summary>
    public static int? Number(string field) => int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 ? n - 1 : null;

    public static int Named(string path, string[] columns, string name) => Array.IndexOf(columns, name) is >= 0 and var at ? at
        : throw new MalformedFileException(path, $"columns {string.Join(", ", columns)}", $"one named {name}, or give the number of a column");

    /// <summary>Records with the number of their first line.</summary>
    static IEnumerable<(long Number, string[] Columns)> Csv(string path)
    {
        var (fields, field) = (new List<string>(), new StringBuilder());
        var (first, quoted) = (0L, false);
        foreach (var (number, line) in TaskLines.Read(path))
        {
            if (quoted)
                field.Append('\n');
            else
                first = number;
            for (var i = 0; i < line.Length; i++)
            {
                var c = line[i];
                if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"')
                    field.Append(line[i++]);
                else if (c == '"' && (quoted || field.Length == 0))
                    quoted = !quoted;
                else if (c == ',' && !quoted)
                {
                    fields.Add(field.ToString());
                    field.Clear();
                }
                else
                    field.Append(c);
            }
            if (field.Length > LongestRecord)
                throw new MalformedFileException(path, $"a field of more than {LongestRecord} characters from line {first} on",
                    "a closing quotation mark before that");
            if (quoted)
                continue;
            fields.Add(field.ToString());
            field.Clear();
            yield return (first, [.. fields]);
            fields.Clear();
        }
        if (quoted)
            throw new MalformedFileException(path, $"the end of the file inside quotation marks that were opened in the record of line {first}",
                "a closing quotation mark");
    }
}
