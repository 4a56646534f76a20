namespace Nonet.Recipes.Scaling;

/// <summary>A run that came to nothing.</summary>
/// <param name="Name">Of the run.</param>
/// <param name="Reason">What diverged, and at which step.</param>
public sealed record FailedRun(string Name, string Reason);

/// <summary>What a sweep came to.</summary>
public sealed record SweepResult
{
    /// <summary>The sweep's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether it was stopped before its last run; what was done is on the disk.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Runs of the plan, searches for rates left out.</summary>
    public required int Planned { get; init; }

    /// <summary>The finished runs of the plan, in its order.</summary>
    public required IReadOnlyList<SweepRow> Rows { get; init; }

    /// <summary>Runs that diverged; the table has no rows of them.</summary>
    public required IReadOnlyList<FailedRun> Failed { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Laws fitted to the runs; null where the sweep is not through.</summary>
    public SweepFits? Fits { get; init; }

    public string Table => Path.Combine(Folder, Sweep.TableFile);

    public string Page => Path.Combine(Folder, Sweep.PageFile);
}
