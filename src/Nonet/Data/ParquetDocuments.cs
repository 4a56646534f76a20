using Nonet.Data.Parquet;
using Nonet.Formats;

namespace Nonet.Data;

/// <summary>Reads a column of text from a Parquet file, a row group at a time. Rows without text are passed over.</summary>
static class ParquetDocuments
{
    const int MostShown = 50;

    /// <param name="path">For errors.</param>
    /// <param name="stream">The bytes; a stream that cannot seek is copied to a temporary file first.</param>
    /// <param name="column">Which column.</param>
    /// <param name="withoutText">Told of each row whose text is null or blank.</param>
    /// <param name="position">Told of a position that is the share of the rows read.</param>
    public static IEnumerable<string> Read(string path, Stream stream, string column, Action? withoutText = null, Action<long>? position = null)
    {
        using var seekable = stream.CanSeek ? stream : Copy(stream);
        var file = new ParquetFile(path, seekable);
        var field = file.Columns.FirstOrDefault(c => c.Path == column && c.IsText);
        if (field is null)
        {
            var there = file.Columns.Take(MostShown).Select(c => $"{c.Path} ({c.Kind})").Concat(file.Columns.Count > MostShown ? ["..."] : Array.Empty<string>());
            throw new MalformedFileException(path, $"columns {string.Join(", ", there)}", $"a column '{column}' of text; name another with field");
        }
        var (row, group) = (0L, 0);
        var chunks = Within(file, field, row, () => file.Chunks(field));
        var pages = new ParquetPages(file, field);
        foreach (var chunk in chunks)
        {
            using var texts = pages.Read(chunk).GetEnumerator();
            for (; Within(file, field, row, texts.MoveNext); row++)
            {
                if (string.IsNullOrWhiteSpace(texts.Current))
                    withoutText?.Invoke();
                else
                    yield return texts.Current;
            }
            position?.Invoke(seekable.Length * ++group / chunks.Count);
        }
    }

    /// <summary>Names the file, the column and the row in what goes wrong.</summary>
    static T Within<T>(ParquetFile file, ParquetColumn column, long row, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw file.Wrong($"{e.Message}, in column '{column.Path}' at row {row}", e);
        }
    }

    static FileStream Copy(Stream stream)
    {
        var copy = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            stream.CopyTo(copy);
            copy.Position = 0;
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }
}
