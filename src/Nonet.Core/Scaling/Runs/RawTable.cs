using Nonet.Files;

namespace Nonet.Scaling.Runs;

/// <summary>A table of text, read from any format.</summary>
/// <param name="Path">Path for error messages.</param>
/// <param name="Columns">Names as written.</param>
/// <param name="Rows">
/// Cells in the order of the columns; null for an empty cell. Numbers are texts that read back as the same number; the items of arrays are
/// separated by semicolons.
/// </param>
sealed record RawTable(string Path, IReadOnlyList<string> Columns, IReadOnlyList<string?[]> Rows)
{
    const int MostBytes = 1 << 28;
    internal const int MostColumns = 4096, MostCells = 1 << 24;

    /// <summary>
    /// Reads a file by its extension: .jsonl and .ndjson, .parquet, otherwise CSV (tab-separated if the header contains tabs and no
    /// commas).
    /// </summary>
    public static RawTable Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new FileNotFoundException($"{path}: found no such file; expected a table of runs in CSV, JSONL or Parquet", path);
        if (file.Length > MostBytes)
            throw new MalformedFileException(path, $"{file.Length} bytes", $"a table of runs of at most {MostBytes}");
        var table = file.Extension.ToLowerInvariant() switch
        {
            ".jsonl" or ".ndjson" => JsonlTable.Read(path),
            ".parquet" => ParquetTable.Read(path),
            _ => CsvTable.Read(path),
        };
        if (table.Columns.Count > MostColumns)
            throw new MalformedFileException(path, $"{table.Columns.Count} columns", $"at most {MostColumns}");
        if (table.Columns.GroupBy(c => c, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new MalformedFileException(path, $"column '{twice.Key}' {twice.Count()} times", "each column once");
        if (table.Rows.Count == 0)
            throw new MalformedFileException(path, "no rows", "a run a row");
        return table;
    }

    /// <summary>Text of a file, which must be UTF-8.</summary>
    internal static string Text(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var start = bytes.AsSpan().StartsWith(System.Text.Encoding.UTF8.Preamble) ? System.Text.Encoding.UTF8.Preamble.Length : 0;
        return System.Text.Unicode.Utf8.IsValid(bytes) && !bytes.Contains((byte)0) ? System.Text.Encoding.UTF8.GetString(bytes.AsSpan(start))
            : throw new MalformedFileException(path, "bytes that are not UTF-8 text", "a table of runs in CSV or JSONL; name a Parquet file .parquet");
    }
}
