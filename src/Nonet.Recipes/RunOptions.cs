using System.Diagnostics.CodeAnalysis;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes;

/// <summary>Settings of where and how a recipe runs. They do not change the result.</summary>
public sealed record RunOptions : ReportOptions
{
    /// <summary>Default reports. The run folder must be set.</summary>
    public RunOptions()
    {
    }

    /// <summary>The reports of a recipe, and a run folder.</summary>
    [SetsRequiredMembers]
    internal RunOptions(ReportOptions reports, string folder) : base(reports) => Out = folder;

    /// <summary>Run folder.</summary>
    public required string Out { get; init; }

    /// <summary>Lock of the folder if the caller holds it already; null: the run takes the lock.</summary>
    public RunLock? Lock { get; init; }

    /// <summary>The recipe as run, for the run's page; null: none.</summary>
    public string? RecipeText { get; init; }

    /// <summary>Whether to resume from the last checkpoint in <see cref="Out"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>Threads that read and tokenize the data; null: all cores.</summary>
    public int? Threads { get; init; }
}
