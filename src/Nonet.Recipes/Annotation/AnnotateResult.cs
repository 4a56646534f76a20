using Nonet.Recipes.Runs;
using Nonet.ToolUse;
using Nonet.ToolUse.Annotation;

namespace Nonet.Recipes.Annotation;

/// <summary>A text was annotated.</summary>
/// <param name="Done">Number of finished texts, in all processes of the run.</param>
/// <param name="Texts">Number of all texts.</param>
/// <param name="TextsPerSecond">Mean rate of this process.</param>
/// <param name="Remaining">Remaining time at this rate.</param>
public sealed record TextAnnotated(int Done, int Texts, double TextsPerSecond, TimeSpan Remaining) : RunEvent;

/// <summary>Result of an annotation.</summary>
public sealed record AnnotateResult
{
    /// <summary>Folder of the run.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether it was stopped before its last shard. Finished shards are on the disk.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Number of texts.</summary>
    public required int Texts { get; init; }

    /// <summary>Funnel of each tool's calls, in the order of the recipe; empty if the run was stopped.</summary>
    public required IReadOnlyList<ToolFunnel> Funnels { get; init; }

    /// <summary>For each tool, why no call passed some stage; null: calls passed every stage.</summary>
    public IReadOnlyList<string?> Reasons { get; init; } = [];

    /// <summary>Outcomes of each tool's calls in this process.</summary>
    public IReadOnlyDictionary<string, ToolCounts> Counts { get; init; } = new Dictionary<string, ToolCounts>();

    /// <summary>Path of the texts: field text with calls, field plain without.</summary>
    public string TextsFile => Path.Combine(Folder, Annotate.TextsFile);

    /// <summary>Path of all samples and their losses.</summary>
    public string CandidatesFile => Path.Combine(Folder, Annotate.CandidatesFile);

    /// <summary>Path of the report.</summary>
    public string Page => Path.Combine(Folder, Annotate.PageFile);
}
