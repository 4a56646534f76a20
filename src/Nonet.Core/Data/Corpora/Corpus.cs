using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Documents of a source, read as a stream.</summary>
public static class Corpus
{
    /// <summary>
    /// Reads a source, file by file: never all of it at once. Text must be UTF-8 without zero bytes; line ends become \n. Throws with the path, and where there is one the
    /// line, where something is missing, empty, broken or not text.
    /// </summary>
    /// <param name="source">What to read, and how.</param>
    /// <param name="broken">Told of each JSONL line that is passed over: file, number from 1, what is wrong. Only with <see cref="DataSource.SkipBroken"/>.</param>
    /// <param name="withoutText">Told of the file of each JSONL object and Parquet row whose text is null or blank; they are passed over.</param>
    /// <param name="position">Told now and then which file is being read, and how many bytes of its content have been.</param>
    public static IEnumerable<Document> Read(DataSource source, Action<string, long, string>? broken = null, Action<string>? withoutText = null, Action<string, long>? position = null)
    {
        foreach (var file in SourceFile.Of(source))
        {
            var part = 0;
            using var stream = file.Open();
            foreach (var text in Texts(source, file, stream, broken, withoutText is null ? null : () => withoutText(file.Path), position is null ? null : bytes => position(file.Path, bytes)))
                yield return new Document(file.Path, part++, text);
        }
    }

    static IEnumerable<string> Texts(DataSource source, SourceFile file, Stream stream, Action<string, long, string>? broken, Action? withoutText, Action<long>? position) => file.Format switch
    {
        DataFormat.Jsonl => JsonlDocuments.Read(file.Path, stream, source.Field, (line, wrong) =>
        {
            if (!source.SkipBroken)
                throw new MalformedFileException(file.Path, $"{wrong} on line {line}", $"an object with a string '{source.Field}' on each line; name another field with --field (field in a recipe's data), mend the line, or pass over such lines with skip_broken");
            broken?.Invoke(file.Path, line, wrong);
        }, withoutText, position),
        DataFormat.Parquet => ParquetDocuments.Read(file.Path, stream, source.Field, withoutText, position),
        _ => TextDocuments.Read(file.Path, stream, source, position),
    };
}
