namespace Nonet.Scaling.Runs;

/// <summary>Meaning of N.</summary>
public enum ParameterCounting
{
    /// <summary>All parameters, as in Hoffmann et al. 2022. In tables: n, n_params or parameters.</summary>
    All,

    /// <summary>Parameters without embeddings and output, as in Kaplan et al. 2020. FLOPs are then 6ND with this N.</summary>
    NonEmbedding,
}

/// <summary>Meaning of C.</summary>
public enum FlopCounting
{
    /// <summary>The column flops if it exists, otherwise 6ND.</summary>
    Given,

    /// <summary>6 · N · D, with N as counted.</summary>
    SixNd,

    /// <summary>The column flops_full, which includes attention, embeddings and output.</summary>
    Full,
}

/// <summary>Rows of a table to read, and how to count.</summary>
public sealed record RunTableOptions
{
    /// <summary>Which parameters N counts.</summary>
    public ParameterCounting Counting { get; init; }

    /// <summary>Which FLOPs C counts.</summary>
    public FlopCounting Flops { get; init; }

    /// <summary>Only rows in which these columns have these texts.</summary>
    public IReadOnlyList<(string Column, string Value)> Where { get; init; } = [];

    /// <summary>Numbers of rows that the user leaves out.</summary>
    public IReadOnlyList<int> Without { get; init; } = [];
}
