using Nonet.Data.Parquet;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Reads a text column of a Parquet file, one row group at a time. Rows without text are skipped.</summary>
static class ParquetDocuments
{
    const int MostShown = 50;

    /// <param name="path">Path for error messages.</param>
    /// <param name="stream">The bytes. A stream that cannot seek is first copied to a temporary file.</param>
    /// <param name="column">Name of the column.</param>
    /// <param name="withoutText">Called for each row whose text is null or blank.</param>
    /// <param name="position">Receives a file position in proportion to the rows read.</param>
    public static IEnumerable<string> Read(string path, Stream stream, string column, Action? withoutText = null, Action<long>? position = null)
    {
        using var seekable = Seekable(path, stream);
        var file = new ParquetFile(path, seekable);
        var field = file.Columns.FirstOrDefault(c => c.Path == column && c.IsText);
        if (field is null)
        {
            throw new MalformedFileException(path, $"columns {Describe(file)}",
                $"a column '{column}' of text; select another with --field (field in a recipe's data)");
        }
        foreach (var (text, share) in file.Values(field))
        {
            if (string.IsNullOrWhiteSpace(text))
                withoutText?.Invoke();
            else
                yield return text;
            position?.Invoke((long)(seekable.Length * share));
        }
    }

    /// <summary>The columns of a file with their types, for messages.</summary>
    public static string Describe(ParquetFile file) => string.Join(", ", file.Columns.Take(MostShown).Select(c => $"{c.Path} ({c.Kind})")
        .Concat(file.Columns.Count > MostShown ? ["..."] : Array.Empty<string>()));

    /// <summary>The stream itself, or a copy of it that can seek.</summary>
    public static Stream Seekable(string path, Stream stream) => stream.CanSeek ? stream : Copy(path, stream);

    /// <summary>
    /// Decompresses a .gz file into a temporary file. Parquet compresses its own pages, so a file that grows many times is refused as an
    /// attack.
    /// </summary>
    static FileStream Copy(string path, Stream stream)
    {
        const int MostTimes = 64, Spare = 64 << 20;
        var most = (MostTimes * new FileInfo(path).Length) + Spare;
        var copy = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            var buffer = new byte[1 << 16];
            while (stream.Read(buffer) is > 0 and var read)
            {
                if (copy.Length + read > most)
                    throw new MalformedFileException(path, $"more than {most} bytes in a gzip file of {new FileInfo(path).Length}",
                        $"a Parquet file that is at most {MostTimes} times as long");
                copy.Write(buffer, 0, read);
            }
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
