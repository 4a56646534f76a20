using System.Text.Json;
using Nonet.Data.Corpora;
using Nonet.Data.Parquet;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Data.Instructions;

/// <summary>
/// Reads examples of supervised fine-tuning from JSON Lines (.jsonl), a JSON array (.json), both plain or .gz, or Parquet; or from all such
/// files of a folder.
/// </summary>
public static class InstructionFile
{
    static readonly string[] endings = [".jsonl", ".ndjson", ".json", ".parquet"];

    /// <summary>Reads all examples.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="layout">Layout of the examples; null: by the fields of each.</param>
    /// <exception cref="MalformedFileException">An example is malformed. The message names the file and the row.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder has no file of examples.</exception>
    public static IEnumerable<InstructionExample> Read(string path, InstructionLayout? layout = null) =>
        FilesOf(path).SelectMany(file => ReadFile(file, layout));

    static IEnumerable<InstructionExample> ReadFile(string file, InstructionLayout? layout)
    {
        var any = false;
        foreach (var record in TaskLines.EndingOf(file) == ".parquet" ? Rows(file) : TaskRecord.Read(file))
        {
            any = true;
            yield return InstructionRecord.Read(record, layout);
        }
        if (!any)
            throw new MalformedFileException(file, "no example", "a JSON object on each line, or rows of Parquet");
    }

    static string[] FilesOf(string path)
    {
        if (File.Exists(path))
            return [path];
        string[] files = Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(f => endings.Contains(TaskLines.EndingOf(f)))
            .Order(StringComparer.Ordinal)] : [];
        return files.Length > 0 ? files
            : throw new FileNotFoundException(
                $"{path}: found no {(Directory.Exists(path) ? $"{string.Join(", ", endings)} in this folder" : "such file or folder")}; expected examples "
                + $"to train on", path);
    }

    /// <summary>Rows of a Parquet file as JSON objects of its text columns. A column of conversations is a text with JSON in it.</summary>
    static IEnumerable<TaskRecord> Rows(string path)
    {
        using var stream = new SourceFile(path, DataFormat.Parquet, Gzip: false).Open();
        var file = new ParquetFile(path, stream);
        if (file.Columns.FirstOrDefault(c => !c.IsFlat && InstructionRecord.Keys.Contains(c.Path.Split('.')[0])) is { } nested)
        {
            throw new MalformedFileException(path, $"a column {nested.Path} of {nested.Kind}",
                "flat columns of text, of which one may hold conversations as JSON; write nested columns as JSON Lines first");
        }
        ParquetColumn[] columns = [.. file.Columns.Where(c => c.IsText && InstructionRecord.Keys.Contains(c.Path))];
        if (columns.Length == 0)
            throw new MalformedFileException(path, $"columns {string.Join(", ", file.Columns.Take(20).Select(c => $"{c.Path} ({c.Kind})"))}",
                InstructionRecord.Expected);
        var values = Array.ConvertAll(columns, c => file.Values(c).GetEnumerator());
        try
        {
            for (var row = 1L; values.Aggregate(true, (all, v) => v.MoveNext() && all); row++)
                yield return new TaskRecord(path, $"row {row}", RowOf(path, row, columns, values));
        }
        finally
        {
            foreach (var v in values)
                v.Dispose();
        }
    }

    static JsonElement RowOf(string path, long row, ParquetColumn[] columns, IEnumerator<(string? Text, double)>[] values)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            for (var i = 0; i < columns.Length; i++)
            {
                json.WritePropertyName(columns[i].Path);
                if (values[i].Current.Text is not { } text)
                    json.WriteNullValue();
                else if (InstructionRecord.IsList(columns[i].Path))
                    WriteJson(json, path, row, columns[i].Path, text);
                else
                    json.WriteStringValue(text);
            }
            json.WriteEndObject();
        }
        using var document = JsonDocument.Parse(buffer.ToArray());
        return document.RootElement.Clone();
    }

    static void WriteJson(Utf8JsonWriter json, string path, long row, string column, string text)
    {
        try
        {
            using var inner = JsonDocument.Parse(text);
            inner.RootElement.WriteTo(json);
        }
        catch (JsonException e)
        {
            throw new MalformedFileException(path, $"a text in column {column} of row {row} that is not JSON", "a conversation as JSON", e);
        }
    }
}
