namespace Nonet.Scaling.Runs;

/// <summary>What N stands for.</summary>
public enum ParameterCounting
{
    /// <summary>All parameters, as Hoffmann et al. 2022 count; what a table calls n, n_params or parameters.</summary>
    All,

    /// <summary>Without embeddings and output, as Kaplan et al. 2020 count; FLOPs are then 6ND with this N.</summary>
    NonEmbedding,
}

/// <summary>What C stands for.</summary>
public enum FlopCounting
{
    /// <summary>The column flops where there is one, else 6ND.</summary>
    Given,

    /// <summary>6 · N · D, N as counted.</summary>
    SixNd,

    /// <summary>The column flops_full: attention, embeddings and output counted too.</summary>
    Full,
}

/// <summary>Which rows of a table are read, and how they count.</summary>
public sealed record RunTableOptions
{
    public ParameterCounting Counting { get; init; }
    public FlopCounting Flops { get; init; }

    /// <summary>Only rows whose column holds this text.</summary>
    public IReadOnlyList<(string Column, string Value)> Where { get; init; } = [];

    /// <summary>Rows that the user leaves out, by number.</summary>
    public IReadOnlyList<int> Without { get; init; } = [];
}
