using Nonet.Data;

namespace Nonet.Recipes;

/// <summary>Settings of <see cref="Quickstart"/>. The defaults give a complete run.</summary>
public sealed record QuickstartOptions
{
    /// <summary>Number of updates; null: 900, or the number of the resumed run. A resumed run with a larger number continues to it.</summary>
    public int? Steps { get; init; }

    /// <summary>Seed of the initial weights and the order of the text; null: 1, or the seed of the resumed run.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Threads that read and tokenize the texts; null: all cores. The result does not depend on it.</summary>
    public int? Threads { get; init; }

    /// <summary>Run folder; null: the first of runs/quickstart, runs/quickstart-2, -3, … that does not exist.</summary>
    public string? Out { get; init; }

    /// <summary>A text file, or a folder of .txt, .jsonl and .parquet files, plain or .gz; null: data/ of the repository.</summary>
    public string? Data { get; init; }

    /// <summary>Field of JSONL objects or column of a Parquet file that holds the text; null: "text".</summary>
    public string? Field { get; init; }

    /// <summary>Character encoding of text and JSONL files.</summary>
    public TextEncoding Encoding { get; init; }

    /// <summary>Beginning of the samples; null: words of <see cref="Data"/>, or of the books.</summary>
    public string? Prompt { get; init; }

    /// <summary>Whether to resume the run in <see cref="Out"/>, or the newest of runs/quickstart, -2, -3, … that has not finished.</summary>
    public bool Resume { get; init; }
}
