using Nonet.Data.Parquet;
using Nonet.Files;

namespace Nonet.Scaling.Runs;

/// <summary>
/// The flat columns of a Parquet file that contain numbers or text. Other columns are skipped, but a column that a run needs is refused
/// with its type.
/// </summary>
static class ParquetTable
{
    public static RawTable Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var file = new ParquetFile(path, stream);
        ParquetColumn[] columns = [.. file.Columns.Where(IsPlain)];
        if (file.Columns.FirstOrDefault(c => !IsPlain(c) && RunTable.Names.Contains(c.Path.Split('.')[0].Trim())) is { } other)
            throw new MalformedFileException(path, $"column '{other.Path.Split('.')[0]}' of {other.Kind}", "a plain column of numbers or text");
        if (columns.Length > RawTable.MostColumns)
            throw new MalformedFileException(path, $"{columns.Length} columns", $"at most {RawTable.MostColumns}");
        var count = columns.Length == 0 ? 0 : file.Count(columns[0]);
        if (count > RawTable.MostCells / Math.Max(1, columns.Length))
            throw new MalformedFileException(path, $"{count} rows of {columns.Length} columns", $"at most {RawTable.MostCells} cells");
        string?[][] rows = [.. Enumerable.Range(0, (int)count).Select(_ => new string?[columns.Length])];
        for (var column = 0; column < columns.Length; column++)
        {
            var row = 0;
            foreach (var (text, _) in file.Values(columns[column]))
            {
                if (row == rows.Length)
                    throw Uneven();
                rows[row++][column] = string.IsNullOrWhiteSpace(text) ? null : text.Trim();
            }
            if (row < rows.Length)
                throw Uneven();

            MalformedFileException Uneven() => file.Wrong($"columns '{columns[0].Path}' and '{columns[column].Path}' of different lengths");
        }
        return new RawTable(path, [.. columns.Select(c => c.Path)], rows);
    }

    static bool IsPlain(ParquetColumn column) => column.IsText || column.IsNumber;
}
