namespace Nonet.Recipes.Scaling;

/// <summary>A run that failed.</summary>
/// <param name="Name">Name of the run.</param>
/// <param name="Reason">What diverged, and at which step.</param>
public sealed record FailedRun(string Name, string Reason);

/// <summary>Result of a sweep.</summary>
public sealed record SweepResult
{
    /// <summary>Folder of the sweep.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether it was stopped before its last run. Finished work is on the disk.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Number of planned runs, without searches for learning rates.</summary>
    public required int Planned { get; init; }

    /// <summary>Finished runs of the plan, in its order.</summary>
    public required IReadOnlyList<SweepRow> Rows { get; init; }

    /// <summary>Runs that diverged. They have no rows in the table.</summary>
    public required IReadOnlyList<FailedRun> Failed { get; init; }

    /// <summary>Warnings, such as a best learning rate at the edge of the searched list.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Laws fitted to the runs; null if the sweep is not complete.</summary>
    public SweepFits? Fits { get; init; }

    /// <summary>Path of runs.csv.</summary>
    public string Table => Path.Combine(Folder, Sweep.TableFile);

    /// <summary>Path of the sweep's HTML page.</summary>
    public string Page => Path.Combine(Folder, Sweep.PageFile);
}
