namespace Nonet.Recipes.Runs;

/// <summary>A run as its folder shows it.</summary>
/// <param name="Folder">Its full path.</param>
/// <param name="Info">What it was started with.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Last">The last step reported; null before the first.</param>
/// <param name="Best">The lowest held-out loss; null before the first evaluation.</param>
public sealed record RunSummary(string Folder, RunInfo Info, RunStatus Status, StepDone? Last, Evaluated? Best)
{
    public string Name => Path.GetFileName(Folder);

    /// <summary>Files and lines of the run that could not be read, each named.</summary>
    public IReadOnlyList<string> Damaged { get; init; } = [];

    /// <summary>The run in a folder. Throws where there is none.</summary>
    public static RunSummary Read(string folder) => Read(folder, RunFolder.HistoryOf(folder));

    /// <summary>The runs in the folders of a folder, and in those of them, oldest first; the folder's own where it is a run.</summary>
    /// <param name="folder">Where to look.</param>
    /// <param name="damaged">Told of every file and line that could not be read. A run whose run.json is among them is left out.</param>
    public static IReadOnlyList<RunSummary> List(string folder, ICollection<string>? damaged = null)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: found no such folder; expected one with run folders in it");
        var runs = new List<RunSummary>();
        foreach (var path in Find(folder, levels: 2))
        {
            try
            {
                var run = Read(path);
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
        if (status.State is RunState.Running or RunState.Killed or RunState.Damaged && history.Last is { } last) // state.json is written now and then
            status = status with { Step = Math.Max(status.Step, last.Step) };
        return new RunSummary(folder, info, status, history.Last, history.Best) { Damaged = damaged };
    }

    static IEnumerable<string> Find(string folder, int levels) =>
        File.Exists(Path.Combine(folder, RunInfo.FileName)) ? [folder]
        : levels == 0 ? []
        : Directory.EnumerateDirectories(folder).SelectMany(inner => Find(inner, levels - 1));
}
