using Nonet.Files;

namespace Nonet.Data;

/// <summary>Data for training and evaluation: texts, their documents, the held-out part and the mixture.</summary>
public sealed record DataOptions
{
    /// <summary>The texts, at least one.</summary>
    public required IReadOnlyList<DataSource> Sources { get; init; }

    /// <summary>
    /// Share of the documents that is held out for evaluation, in [0, 1). The choice depends only on <see cref="Seed"/> and the text of
    /// each document. Other sources and the names and order of files do not change it, and copies of a document are on the same side. If
    /// the draw would hold out none of two or more documents, one is held out.
    /// </summary>
    public double Validation { get; init; } = 0.05;

    /// <summary>
    /// Seed of the choice of held-out documents. It differs from the seed of a run: runs with different seeds are evaluated on the same
    /// text.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option.</summary>
    public void Check()
    {
        if (Sources.Count is < 1 or > 32)
            throw new ArgumentException($"data.sources has {Sources.Count} sources; expected 1 to 32");
        if (Validation is not (>= 0 and < 1))
            throw new ArgumentException($"data.validation is {Validation}; expected a fraction in [0, 1)");
        if (Sources.All(s => s.Split == DataSplit.Validation))
            throw new ArgumentException("data.sources: all sources are for validation; expected at least one training source");
        var trained = Sources.Where(s => s.Split != DataSplit.Validation).ToArray();
        if (trained.Any(s => s.Weight is null) && trained.Any(s => s.Weight is not null))
            throw new ArgumentException("data.sources: some sources have a weight and some do not; give every training source a weight, or none");
        foreach (var source in Sources)
        {
            if (source.Weight is not (null or (> 0 and <= 1e6)))
                throw new ArgumentException($"data.sources: {source.Path} has weight {source.Weight}; expected a number above 0");
            if (source.Documents == DocumentCut.Separator == string.IsNullOrEmpty(source.Separator))
                throw new ArgumentException($"data.sources: {source.Path}: separator must be set if and only if documents is separator");
        }
    }
}

/// <summary>A source of a mixture: a file or a folder.</summary>
public sealed record DataSource
{
    /// <summary>
    /// A file, or a folder, which is searched with its subfolders for *.txt, *.jsonl, *.ndjson and *.parquet, plain or with .gz; files are
    /// read in the order of their names.
    /// </summary>
    [Option("A file, or a folder, which is searched with its subfolders for *.txt, *.jsonl, *.ndjson and *.parquet, plain or with .gz; files are read in "
        + "the order of their names.", Exists = true, Expected = "a file or folder of texts (.txt, .jsonl, .parquet, plain or .gz) that exists")]
    public required string Path { get; init; }

    /// <summary>
    /// Format of the files; null: by their names, and text for other names. With a format, only files of that format are read from a
    /// folder.
    /// </summary>
    [Option("Format of the files; null: by their names, and text for other names. With a format, only files of that format are read from a folder.")]
    public DataFormat? Format { get; init; }

    /// <summary>Where the text is: a field of each JSONL object, or a column of a Parquet file.</summary>
    [Option("Where the text is: a field of each JSONL object, or a column of a Parquet file.")]
    public string Field { get; init; } = "text";

    /// <summary>Character encoding of text and JSONL files.</summary>
    [Option("Character encoding of text and JSONL files.")]
    public TextEncoding Encoding { get; init; }

    /// <summary>How text files are split into documents. Each JSONL line and each Parquet row is a document.</summary>
    [Option("How text files are split into documents. Each JSONL line and each Parquet row is a document.")]
    public DocumentCut Documents { get; init; } = DocumentCut.File;

    /// <summary>
    /// Text between the documents of a text file, such as &lt;|endoftext|&gt;; it is removed. Set it if and only if documents is separator.
    /// </summary>
    [Option("Text between the documents of a text file, such as <|endoftext|>; it is removed. Set it if and only if documents is separator.")]
    public string? Separator { get; init; }

    /// <summary>
    /// Share of the training sequences, by the sum of all weights. Null: in proportion to size, so that an epoch contains every sequence
    /// once. Set it for every source or for none.
    /// </summary>
    [Option("Share of the training sequences, by the sum of all weights. Null: in proportion to size, so that an epoch contains every sequence once. Set it "
        + "for every source or for none.", Above = 0, Most = 1e6)]
    public double? Weight { get; init; }

    /// <summary>Use of the source: by_document (the share validation of its documents is held out), train or validation.</summary>
    [Option("Use of the source: by_document (the share validation of its documents is held out), train or validation.")]
    public DataSplit Split { get; init; } = DataSplit.ByDocument;

    /// <summary>
    /// Whether to skip and count JSONL lines that cannot be read; otherwise the first one stops the run with an error that names file and
    /// line.
    /// </summary>
    [Option("Whether to skip and count JSONL lines that cannot be read; otherwise the first one stops the run with an error that names file and line.")]
    public bool SkipBroken { get; init; }
}

/// <summary>Formats of a source's files, each plain or gzip.</summary>
public enum DataFormat
{
    /// <summary>UTF-8.</summary>
    Text,

    /// <summary>One JSON object per line.</summary>
    Jsonl,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}

/// <summary>How text files are split into documents.</summary>
public enum DocumentCut
{
    /// <summary>A file is one document. A file of more than 2^20 characters is split at paragraphs into documents of at most that length.</summary>
    File,

    /// <summary>
    /// Each chapter is a document: see <see cref="Corpora.Chapters"/>. A text without headings is split into blocks of 16 KiB. Files of
    /// more than 2^24 characters are read in parts of that length.
    /// </summary>
    Chapters,

    /// <summary>The text between two separators is a document. One of more than 2^20 characters is split at paragraphs.</summary>
    Separator,
}

/// <summary>Use of a source.</summary>
public enum DataSplit
{
    /// <summary>A share <see cref="DataOptions.Validation"/> of the documents is for evaluation, the others for training.</summary>
    ByDocument,

    /// <summary>All documents are for training.</summary>
    Train,

    /// <summary>All documents are for evaluation.</summary>
    Validation,
}
