using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Data.Corpora;
using Nonet.Files;

namespace Nonet.Data.Parquet;

/// <summary>
/// The rows of a Parquet file as JSON objects. Lists become arrays, groups and maps become objects (maps whose keys are not texts become lists of
/// pairs), and missing values become null. Columns of unsupported types (such as images) are left out. One page of each column is in memory.
/// </summary>
sealed class ParquetRecords
{
    /// <summary>Largest number of values in a row. A malicious file can claim any number of them in a few bytes.</summary>
    const int MostValues = 1 << 20;

    readonly ParquetFile file;
    readonly ParquetNode[] fields;
    readonly Dictionary<ParquetColumn, Cursor> cursors = [];
    long row;
    int values;

    ParquetRecords(ParquetFile file)
    {
        this.file = file;
        fields = [.. file.Fields.Select(f => f.Readable()).OfType<ParquetNode>()];
    }

    /// <summary>Reads all rows.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="MalformedFileException">The file is invalid. The message names the file, the column and the row.</exception>
    public static IEnumerable<JsonObject> Read(ParquetFile file)
    {
        var records = new ParquetRecords(file);
        return records.fields.Length > 0 ? records.Rows()
            : throw new MalformedFileException(file.Path, $"columns {ParquetDocuments.Describe(file)}",
                "columns of text, numbers or truth values, or lists of them");
    }

    IEnumerable<JsonObject> Rows()
    {
        try
        {
            foreach (var column in fields.SelectMany(Columns))
                cursors.Add(column, new Cursor(this, file.Cells(column).GetEnumerator(), column));
            for (; !cursors.Values.First().IsAtEnd; row++)
            {
                values = 0;
                var record = new JsonObject();
                foreach (var field in fields)
                    record[field.Name] = Value(field);
                foreach (var cursor in cursors.Values)
                    cursor.CheckEndOfRow();
                yield return record;
            }
            foreach (var cursor in cursors.Values)
            {
                if (!cursor.IsAtEnd)
                    throw cursor.Uneven();
            }
        }
        finally
        {
            foreach (var cursor in cursors.Values)
                cursor.Dispose();
        }
    }

    static IEnumerable<ParquetColumn> Columns(ParquetNode node) => node.Column is { } column ? [column] : node.Children.SelectMany(Columns);

    Cursor First(ParquetNode node) => cursors[Columns(node).First()];

    /// <summary>The value of a field, or null if the field is missing.</summary>
    JsonNode? Value(ParquetNode node)
    {
        if (node.Occurrence == ParquetOccurrence.Repeated)
            return List(node, () => Content(node));
        if (First(node).Definition >= node.Definition)
            return Content(node);
        Skip(node);
        return null;
    }

    /// <summary>The value of a field that is present.</summary>
    JsonNode? Content(ParquetNode node)
    {
        if (node.Column is { } column)
            return Json(column, cursors[column].Take());
        if (node.Children is [{ Occurrence: ParquetOccurrence.Repeated } repeated])
        {
            if (node.Group == ParquetGroup.Map)
                return repeated.Children is [{ Column.Values: ParquetValues.Text } key, ..] ? Map(repeated, key) : List(repeated, () => Content(repeated));
            if (node.Group == ParquetGroup.List)
                return List(repeated, () => IsElement(node, repeated) ? Content(repeated) : Value(repeated.Children[0]));
        }
        var group = new JsonObject();
        foreach (var child in node.Children)
            group[child.Name] = Value(child);
        return group;
    }

    /// <summary>
    /// Whether the repeated field of a list is its element, as in old files, instead of a group around the element. The format lists these cases.
    /// </summary>
    static bool IsElement(ParquetNode list, ParquetNode repeated) =>
        repeated.Children.Count != 1 || repeated.Name == "array" || repeated.Name == $"{list.Name}_tuple";

    JsonArray List(ParquetNode repeated, Func<JsonNode?> element)
    {
        var list = new JsonArray();
        var first = First(repeated);
        if (first.Definition < repeated.Definition)
        {
            Skip(repeated);
            return list;
        }
        do
            list.Add(element());
        while (!first.IsAtEnd && first.Repetition == repeated.Repetition);
        return list;
    }

    JsonObject Map(ParquetNode repeated, ParquetNode key)
    {
        var map = new JsonObject();
        var first = First(repeated);
        if (first.Definition < repeated.Definition)
        {
            Skip(repeated);
            return map;
        }
        do
        {
            var name = Value(key)?.GetValue<string>() ?? "";
            map[name] = repeated.Children.Count > 1 ? Value(repeated.Children[1]) : null;
            foreach (var rest in repeated.Children.Skip(2))
                Value(rest);
        }
        while (!first.IsAtEnd && first.Repetition == repeated.Repetition);
        return map;
    }

    /// <summary>Skips the cells of a missing field in all its columns.</summary>
    void Skip(ParquetNode node)
    {
        foreach (var column in Columns(node))
            cursors[column].Take();
    }

    static JsonValue? Json(ParquetColumn column, string? text) => (text, column.Values) switch
    {
        (null, _) => null,
        (_, ParquetValues.Text) => JsonValue.Create(text),
        (_, ParquetValues.Bool) => JsonValue.Create(text == "true"),
        (_, ParquetValues.UInt64) => JsonValue.Create(ulong.Parse(text, CultureInfo.InvariantCulture)),
        (_, ParquetValues.Single or ParquetValues.Double) => double.Parse(text, CultureInfo.InvariantCulture) is var x && double.IsFinite(x)
            ? JsonNode.Parse(text)!.AsValue() : JsonValue.Create(text),
        _ => JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture)),
    };

    /// <summary>The cells of a column, one after another.</summary>
    sealed class Cursor : IDisposable
    {
        readonly ParquetRecords records;
        readonly IEnumerator<(ParquetCell Cell, double Share)> cells;
        readonly ParquetColumn column;

        public Cursor(ParquetRecords records, IEnumerator<(ParquetCell Cell, double Share)> cells, ParquetColumn column)
        {
            (this.records, this.cells, this.column) = (records, cells, column);
            IsAtEnd = !cells.MoveNext();
        }

        public bool IsAtEnd { get; private set; }
        public int Repetition => IsAtEnd ? throw Uneven() : cells.Current.Cell.Repetition;
        public int Definition => IsAtEnd ? throw Uneven() : cells.Current.Cell.Definition;

        public string? Take()
        {
            if (IsAtEnd)
                throw Uneven();
            if (++records.values > MostValues)
                throw records.file.Wrong($"more than {MostValues} values in row {records.row}");
            var text = cells.Current.Cell.Text;
            IsAtEnd = !cells.MoveNext();
            return text;
        }

        public void CheckEndOfRow()
        {
            if (!IsAtEnd && Repetition != 0)
                throw Uneven();
        }

        public MalformedFileException Uneven() =>
            records.file.Wrong($"column '{column.Path}' has more or fewer values than the others, at row {records.row}");

        public void Dispose() => cells.Dispose();
    }
}
