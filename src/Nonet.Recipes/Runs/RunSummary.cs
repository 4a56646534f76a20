namespace Nonet.Recipes.Runs;

/// <summary>A run as described by its folder.</summary>
/// <param name="Folder">Full path of the folder.</param>
/// <param name="Info">How the run was started.</param>
/// <param name="Status">State of the run.</param>
/// <param name="Last">Last reported step; null before the first.</param>
/// <param name="Best">Evaluation with the lowest held-out loss; null before the first.</param>
sealed record RunSummary(string Folder, RunInfo Info, RunStatus Status, StepDone? Last, Evaluated? Best)
{
    /// <summary>Name of the run: the name of its folder.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>Files and lines of the run that could not be read, with names.</summary>
    public IReadOnlyList<string> Damaged { get; init; } = [];

    /// <summary>Whether the run has not begun: its data is being prepared, or the process was killed then. Model and settings are not known yet.</summary>
    public bool IsUnprepared { get; init; }

    /// <summary>Reads the run in a folder. Throws if the folder is not a run folder.</summary>
    public static RunSummary Read(string folder) => Read(folder, RunFolder.HistoryOf(folder));

    /// <summary>
    /// Lists the runs in a folder, in its subfolders and in theirs, oldest first. If the folder is itself a run folder, lists that run.
    /// </summary>
    /// <param name="folder">Folder to search.</param>
    /// <param name="damaged">Receives every file and line that could not be read. A run with an unreadable run.json is left out.</param>
    public static IReadOnlyList<RunSummary> List(string folder, ICollection<string>? damaged = null)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: found no such folder; expected a folder that contains run folders");
        var runs = new List<RunSummary>();
        foreach (var path in Find(folder, levels: 2))
        {
            try
            {
                var run = !RunStatus.IsPreparing(path) ? Read(path) : RunStatus.Read(path) is { } status ? Unprepared(path, status) : null;
                if (run is null)
                    continue; // the run has failed meanwhile and removed its files
                runs.Add(run);
                foreach (var message in run.Damaged)
                    damaged?.Add(message);
            }
            catch (RunFolderException e)
            {
                damaged?.Add(e.Message);
            }
        }
        return [.. runs.OrderBy(run => run.Info.Started, StringComparer.Ordinal).ThenBy(run => run.Folder, StringComparer.Ordinal)];
    }

    internal static RunSummary Read(string folder, RunHistory history)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var info = RunInfo.Read(folder) ?? throw new RunFolderException($"{folder}: found no {RunInfo.FileName}; expected a run folder");
        var damaged = history.Damaged.ToList();
        var status = new RunStatus(RunLock.IsHeld(folder) ? RunState.Running : RunState.Killed, 0, info.Steps, null);
        try
        {
            status = RunStatus.Read(folder) ?? status;
        }
        catch (RunFolderException e)
        {
            status = status with { State = RunState.Damaged };
            damaged.Add(e.Message);
        }
        if (status.State is RunState.Running or RunState.Killed or RunState.Damaged && history.Last is { } last) // state.json is not written at every step
            status = status with { Step = Math.Max(status.Step, last.Step) };
        return new RunSummary(folder, info, status, history.Last, history.Best) { Damaged = damaged };
    }

    static RunSummary Unprepared(string folder, RunStatus status) =>
        new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), new RunInfo([], "", 0, RunStatus.Updated(folder), null), status, null, null)
        {
            IsUnprepared = true,
        };

    static IEnumerable<string> Find(string folder, int levels) =>
        File.Exists(Path.Combine(folder, RunInfo.FileName)) || RunStatus.IsPreparing(folder) ? [folder]
        : levels == 0 ? []
        : Directory.EnumerateDirectories(folder).SelectMany(inner => Find(inner, levels - 1));
}
