using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Reads the documents of a source as a stream.</summary>
public static class Corpus
{
    /// <summary>
    /// Reads a source file by file and never holds all of it in memory. Text must be UTF-8 without zero bytes; line ends become \n. If
    /// something is missing, empty, malformed or not text, it throws with the path and, if known, the line.
    /// </summary>
    /// <param name="source">What to read, and how.</param>
    /// <param name="broken">
    /// Receives each skipped JSONL line: file, line number from 1, and reason. Only with <see cref="DataSource.SkipBroken"/>.
    /// </param>
    /// <param name="withoutText">Receives the file of each skipped JSONL object or Parquet row, whose text is null or blank.</param>
    /// <param name="position">Receives the current file and the number of bytes read from it, from time to time.</param>
    public static IEnumerable<Document> Read(DataSource source, Action<string, long, string>? broken = null, Action<string>? withoutText = null,
        Action<string, long>? position = null)
    {
        foreach (var file in SourceFile.Of(source))
        {
            var part = 0;
            using var stream = file.Open();
            foreach (var text in Texts(source, file, stream, broken, withoutText is null ? null : () =>
                withoutText(file.Path), position is null ? null : bytes => position(file.Path, bytes)))
                yield return new Document(file.Path, part++, text);
        }
    }

    static IEnumerable<string> Texts(DataSource source, SourceFile file, Stream stream, Action<string, long, string>? broken, Action? withoutText,
        Action<long>? position) => file.Format switch
        {
            DataFormat.Jsonl => JsonlDocuments.Read(file.Path, stream, source.Field, (line, wrong) =>
            {
                if (!source.SkipBroken)
                    throw new MalformedFileException(file.Path, $"{wrong} on line {line}",
                        $"an object with a string '{source.Field}' on each line; set the field with --field (field in a recipe's data), correct the line, or "
                        + $"skip such lines with skip_broken");
                broken?.Invoke(file.Path, line, wrong);
            }, withoutText, position),
            DataFormat.Parquet => ParquetDocuments.Read(file.Path, stream, source.Field, withoutText, position),
            _ => TextDocuments.Read(file.Path, stream, source, position),
        };
}
