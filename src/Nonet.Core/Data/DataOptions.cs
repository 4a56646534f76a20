using Nonet.Files;

namespace Nonet.Data;

/// <summary>What a model is trained on and measured on: texts, how they are cut into documents, what is held out, how they are mixed.</summary>
public sealed record DataOptions
{
    /// <summary>The texts; at least one.</summary>
    public required IReadOnlyList<DataSource> Sources { get; init; }

    /// <summary>
    /// Fraction of the documents that is held out, in [0, 1). Which ones depends on <see cref="Seed"/> and on a document's own text alone: other sources, the order of
    /// files and their names move nothing, and copies of a document fall on the same side. Where none would be held out of two or more, one is.
    /// </summary>
    public double Validation { get; init; } = 0.05;

    /// <summary>Keys the choice of held-out documents. Not the seed of a run: runs that differ in theirs are measured on the same text.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    public void Check()
    {
        if (Sources.Count is < 1 or > 32)
            throw new ArgumentException($"data.sources holds {Sources.Count}: 1 to 32 sources are needed");
        if (Validation is not (>= 0 and < 1))
            throw new ArgumentException($"data.validation is {Validation}: a fraction in [0, 1) is needed");
        if (Sources.All(s => s.Split == DataSplit.Validation))
            throw new ArgumentException("data.sources: all are for validation; at least one to train on is needed");
        var trained = Sources.Where(s => s.Split != DataSplit.Validation).ToArray();
        if (trained.Any(s => s.Weight is null) && trained.Any(s => s.Weight is not null))
            throw new ArgumentException("data.sources: some have a weight and some have none; give one to each that is trained on, or to none");
        foreach (var source in Sources)
        {
            if (source.Weight is not (null or (> 0 and <= 1e6)))
                throw new ArgumentException($"data.sources: {source.Path} has weight {source.Weight}: a number above 0 is needed");
            if (source.Documents == DocumentCut.Separator == string.IsNullOrEmpty(source.Separator))
                throw new ArgumentException($"data.sources: {source.Path}: a separator is needed with documents: separator, and only with it");
        }
    }
}

/// <summary>One text of a mixture: a file or a folder.</summary>
public sealed record DataSource
{
    [Option("A file, or a folder. In a folder and its subfolders, the files *.txt, *.jsonl, *.ndjson and *.parquet are read, plain or .gz, in the order of their names.", Exists = true, Expected = "a file or folder of texts (.txt, .jsonl, .parquet, plain or .gz) that exists")]
    public required string Path { get; init; }

    [Option("Format of the files. Null: from their names; other names mean text. With a format, only files of that format in a folder are read.")]
    public DataFormat? Format { get; init; }

    [Option("JSONL field or Parquet column that holds the text.")]
    public string Field { get; init; } = "text";

    [Option("Encoding of text and JSONL files.")]
    public TextEncoding Encoding { get; init; }

    [Option("How text files are divided into documents. Each JSONL line and each Parquet row is one document.")]
    public DocumentCut Documents { get; init; } = DocumentCut.File;

    [Option("Text between the documents of a text file, such as <|endoftext|>; it is removed. Required with documents: separator, and only allowed there.")]
    public string? Separator { get; init; }

    [Option("Weight of the source in the mixture: its part of the training sequences, divided by the sum of all weights. Null: sources are weighted by size, so that an epoch uses every sequence once. Give a weight to all sources or to none.", Above = 0, Most = 1e6)]
    public double? Weight { get; init; }

    [Option("Use of the source: by_document (the fraction validation of its documents is held out), train, or validation.")]
    public DataSplit Split { get; init; } = DataSplit.ByDocument;

    [Option("Skips and counts JSONL lines that cannot be read. False: the first such line is an error that names file and line.")]
    public bool SkipBroken { get; init; }
}

/// <summary>Formats of a source's files, each plain or gzip.</summary>
public enum DataFormat
{
    /// <summary>UTF-8.</summary>
    Text,

    /// <summary>A JSON object a line.</summary>
    Jsonl,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}

/// <summary>How text files become documents.</summary>
public enum DocumentCut
{
    /// <summary>A file is a document; one of more than 2^20 characters is cut at the ends of paragraphs into documents of at most that.</summary>
    File,

    /// <summary>A chapter is a document, see <see cref="Corpora.Chapters"/>; a text without headings is cut into blocks of 16 KiB. Files of more than 2^24 characters are read in parts of that.</summary>
    Chapters,

    /// <summary>What stands between separators is a document; one of more than 2^20 characters is cut at the ends of paragraphs.</summary>
    Separator,
}

/// <summary>What a source is for.</summary>
public enum DataSplit
{
    /// <summary>Most documents to train on, the fraction <see cref="DataOptions.Validation"/> to measure on.</summary>
    ByDocument,

    /// <summary>All to train on.</summary>
    Train,

    /// <summary>All to measure on, none to train on.</summary>
    Validation,
}
