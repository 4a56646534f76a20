using Nonet.Inference;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes;

/// <summary>Where and how a recipe runs: nothing here changes a bit of the result.</summary>
public sealed record RunOptions
{
    /// <summary>The run folder.</summary>
    public required string Out { get; init; }

    /// <summary>The folder's lock where the caller holds it already; null: it is taken.</summary>
    public RunLock? Lock { get; init; }

    /// <summary>The recipe as run, for the page; null where there is none.</summary>
    public string? RecipeText { get; init; }

    /// <summary>Go on from the last checkpoint in <see cref="Out"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>Threads that read and tokenize the data; null: all cores.</summary>
    public int? Threads { get; init; }

    /// <summary>Updates between reports.</summary>
    public int ReportEvery { get; init; } = 10;

    /// <summary>Newest checkpoints to keep, beside the best.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Updates between samples of what the model writes, the start and the end included; null: none.</summary>
    public int? SampleEvery { get; init; }

    /// <summary>What the samples begin with.</summary>
    public string Prompt { get; init; } = "\n";

    /// <summary>How the samples are drawn.</summary>
    public SamplerOptions Sampler { get; init; } = new() { Temperature = 0.8 };

    /// <summary>Tokens of a sample.</summary>
    public int SampleTokens { get; init; } = 200;
}
