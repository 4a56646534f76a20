using Nonet.Data;

namespace Nonet.Recipes;

/// <summary>What can be said to <see cref="Quickstart"/>; the defaults are the whole of it.</summary>
public sealed record QuickstartOptions
{
    /// <summary>Updates; null: 900, or those of the run that is resumed. A run that is resumed with more goes on to them.</summary>
    public int? Steps { get; init; }

    /// <summary>What weights and the order of the text are drawn from; null: 1, or that of the run that is resumed.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Threads that read and tokenize the texts; null: all cores. The result is the same with any number.</summary>
    public int? Threads { get; init; }

    /// <summary>Run folder; null: runs/quickstart, or the first of runs/quickstart-2, -3, … that is free.</summary>
    public string? Out { get; init; }

    /// <summary>A text file, or a folder of .txt, .jsonl and .parquet files, plain or .gz; null: the repository's data/.</summary>
    public string? Data { get; init; }

    /// <summary>The text in JSONL objects, or the column of a Parquet file; null: "text".</summary>
    public string? Field { get; init; }

    /// <summary>How text and JSONL files are encoded.</summary>
    public TextEncoding Encoding { get; init; }

    /// <summary>What the samples begin with; null: words of <see cref="Data"/>, or of the books.</summary>
    public string? Prompt { get; init; }

    /// <summary>Go on with the run in <see cref="Out"/>, or with the newest of runs/quickstart, -2, -3, … that has not finished.</summary>
    public bool Resume { get; init; }
}
