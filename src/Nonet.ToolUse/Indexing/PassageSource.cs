using Nonet.Data;
using Nonet.Data.Corpora;

namespace Nonet.ToolUse.Indexing;

/// <summary>
/// The source of passages: text files, JSONL with a title and a text, Parquet, or a MediaWiki XML dump, plain or .gz. Everything is streamed.
/// </summary>
public sealed record PassageSource
{
    /// <summary>A file, or a folder of .txt, .jsonl and .parquet files. A file that ends with .xml or .xml.gz is a dump.</summary>
    public required string Path { get; init; }

    /// <summary>JSONL field or Parquet column with the text.</summary>
    public string Field { get; init; } = "text";

    /// <summary>JSONL field with the title. It may be missing in a line.</summary>
    public string TitleField { get; init; } = "title";

    /// <summary>Maximum number of words in a passage.</summary>
    public int Words { get; init; } = 100;

    /// <summary>The passages, in the order of the files.</summary>
    public IEnumerable<Passage> Read()
    {
        if (Words is < 1 or > 10_000)
            throw new ArgumentException($"PassageSource.Words is {Words}; expected 1 to 10,000");
        if (Path.EndsWith(".bz2", StringComparison.OrdinalIgnoreCase) || Path.EndsWith(".7z", StringComparison.OrdinalIgnoreCase))
            throw new NotSupportedException($"{Path}: found a file in a compression that .NET does not read; decompress it first, for instance with bunzip2");
        return Documents().SelectMany(document => PassageSplitter.Split(document.Title, document.Text, Words));
    }

    IEnumerable<(string Title, string Text)> Documents()
    {
        if (IsDump(Path))
            return WikiDump.Read(Path);
        return SourceFile.Of(new DataSource { Path = Path, Field = Field }).SelectMany(file => file.Format == DataFormat.Jsonl
            ? JsonlTexts.Read(file, Field, "--field", TitleField).Select(line => (line.Others[0] ?? "", line.Text))
            : Corpus.Read(new DataSource { Path = file.Path, Field = Field, Format = file.Format })
            .Select(document => (file.Format == DataFormat.Text ? Name(file.Path) : "", document.Text)));
    }

    static bool IsDump(string path) =>
        path.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".xml.gz", StringComparison.OrdinalIgnoreCase);

    static string Name(string path)
    {
        var name = System.IO.Path.GetFileName(path);
        return name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? name[..dot] : name;
    }
}
