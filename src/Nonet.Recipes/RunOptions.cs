using System.Diagnostics.CodeAnalysis;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes;

/// <summary>Where and how a recipe runs: nothing here changes a bit of the result.</summary>
public sealed record RunOptions : ReportOptions
{
    public RunOptions()
    {
    }

    /// <summary>The options of a run that is shown and kept as a recipe says.</summary>
    [SetsRequiredMembers]
    internal RunOptions(ReportOptions reports, string folder) : base(reports) => Out = folder;

    /// <summary>The run folder.</summary>
    public required string Out { get; init; }

    /// <summary>The folder's lock where the caller holds it already; null: it is taken.</summary>
    public RunLock? Lock { get; init; }

    /// <summary>The recipe as run, for the page; null where there is none.</summary>
    public string? RecipeText { get; init; }

    /// <summary>Go on from the last checkpoint in <see cref="Out"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>Threads; null: all cores.</summary>
    public int? Threads { get; init; }
}
