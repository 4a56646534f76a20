using Nonet.Files;
using Parquet;
using Parquet.Schema;

namespace Nonet.Data.Corpora;

/// <summary>Reads a column of text from a Parquet file, a row group at a time. Rows without text are passed over.</summary>
static class ParquetDocuments
{
    /// <param name="path">For errors.</param>
    /// <param name="stream">The bytes; a stream that cannot seek is copied to a temporary file first.</param>
    /// <param name="column">Which column.</param>
    /// <param name="position">Told of a position that is the share of the rows read.</param>
    public static IEnumerable<string> Read(string path, Stream stream, string column, Action<long>? position = null)
    {
        using var seekable = stream.CanSeek ? stream : Copy(stream);
        var reader = Wait(path, () => ParquetReader.CreateAsync(seekable));
        try
        {
            var fields = reader.Schema.GetDataFields();
            var field = Array.Find(fields, f => f.Name == column && f.Path.Length == 1 && IsText(f));
            if (field is null)
            {
                var there = fields.Select(f => $"{f.Path} ({(IsText(f) ? "text" : f.ClrType.Name)})");
                throw new MalformedFileException(path, $"columns {string.Join(", ", there)}", $"a column '{column}' of text; name another with --field (field in a recipe's data)");
            }
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                foreach (var text in Column(path, reader, group, field))
                {
                    if (!string.IsNullOrWhiteSpace(text))
                        yield return text;
                }
                position?.Invoke(seekable.Length * (group + 1) / reader.RowGroupCount);
            }
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>The library's type of a column of strings.</summary>
    static bool IsText(DataField field) => field.ClrType == typeof(ReadOnlyMemory<char>) || field.ClrType == typeof(string);

    static string?[] Column(string path, ParquetReader reader, int group, DataField field) => Wait(path, async () =>
    {
        using var rows = reader.OpenRowGroupReader(group);
        var values = new string?[checked((int)rows.RowCount)];
        await rows.ReadAsync(field, values.AsMemory()!);
        return values;
    });

    /// <summary>The library reads asynchronously only; its exceptions for malformed files are of many kinds.</summary>
    static T Wait<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (MalformedFileException or OutOfMemoryException or UnauthorizedAccessException))
        {
            throw new MalformedFileException(path, $"no Parquet file that can be read ({e.Message})", "a whole Parquet file", e);
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
