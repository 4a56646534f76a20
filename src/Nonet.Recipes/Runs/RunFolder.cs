using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Training;

namespace Nonet.Recipes.Runs;

/// <summary>
/// Folder with everything that a run writes: recipe.yaml, run.json (the options as run, the git commit), state.json, metrics.jsonl,
/// samples.jsonl, TensorBoard's event file, plots/, index.html, checkpoints/. It is locked while it is open. Opened as a model, it is its best
/// checkpoint, or its last one if there is no best.
/// </summary>
public sealed partial class RunFolder : IDisposable
{
    /// <summary>Name of the file with the recipe as run.</summary>
    public const string RecipeFile = "recipe.yaml";

    /// <summary>Name of the file with the recipe file from which the run was started, unchanged.</summary>
    internal const string SourceFile = "source.yaml";

    const string MetricsName = "metrics.jsonl", SamplesName = "samples.jsonl", EventsName = "events.out.tfevents.nonet", PageName = "index.html";
    const string CheckpointsName = "checkpoints";
    /// <summary>
    /// Plots and page are redrawn after this many seconds, and after this multiple of the time of the last drawing: drawing takes at most
    /// 1 % of the time.
    /// </summary>
    const int PauseSeconds = 10, PauseFactor = 100;

    /// <summary>Files that a run writes into its folder while it prepares its data.</summary>
    static readonly string[] preparedFiles = [RecipeFile, SourceFile, RunStatus.FileName];

    /// <summary>Files that every run writes into its folder before its first step.</summary>
    static readonly string[] firstFiles = [RunInfo.FileName, MetricsName, SamplesName, EventsName, PageName, .. preparedFiles];

    readonly RunLock held;
    readonly bool ownsLock;
    readonly bool isNew, madeFolder;
    RunInfo info;
    readonly string recipe;
    readonly MetricsFile metrics, samples;
    readonly Stopwatch logging = new(), sinceDrawn = new();
    (TimeSpan Took, int Steps, TimeSpan Remaining) drawn;

    RunFolder(RunOptions where, RunLock held, RunInfo info, bool isNew, bool madeFolder)
    {
        (this.isNew, this.madeFolder) = (isNew, madeFolder);
        (this.held, ownsLock, this.info) = (held, where.Lock is null, info);
        FullPath = Path.GetFullPath(where.Out);
        recipe = where.RecipeText ?? info.Options.ToString();
        Checkpoints = new CheckpointFolder(Path.Combine(FullPath, CheckpointsName), where.Keep);
        (metrics, samples) = FilesOf(FullPath);
        History = RunHistory.Read(metrics, samples);
    }

    /// <summary>Everything that the run has reported.</summary>
    internal RunHistory History { get; private set; }

    /// <summary>Absolute path of the folder.</summary>
    public string FullPath { get; }

    /// <summary>Checkpoints of the run.</summary>
    public CheckpointFolder Checkpoints { get; }

    /// <summary>Time in training steps before this process, as last reported.</summary>
    public TimeSpan TrainedBefore { get; private set; }

    /// <summary>Time that this process has spent on metrics, events, plots and the page.</summary>
    public TimeSpan Logging => logging.Elapsed;

    string Events => Path.Combine(FullPath, EventsName);

    /// <summary>
    /// Opens a new run, or resumes one, which must have been started with the same options. Throws if another process uses the folder, if
    /// the folder of a new run holds a run already, or if there is no run to resume.
    /// </summary>
    /// <param name="where">The folder, and whether to resume.</param>
    /// <param name="options">Settings that determine the result.</param>
    /// <param name="model">Description of the model.</param>
    /// <param name="parameters">Number of weights.</param>
    /// <param name="unit">Unit of the losses.</param>
    /// <param name="mayDiffer">Options that may have changed since the start because they only determine the length of the run.</param>
    public static RunFolder Open(RunOptions where, JsonObject options, string model, long parameters, string unit = LossUnit.NatsPerToken,
        IReadOnlyList<string>? mayDiffer = null) => Open(where, options, model, parameters, unit, mayDiffer ?? [], (recorded, _) => recorded);

    /// <param name="where">The folder, and whether to resume.</param>
    /// <param name="options">Settings that determine the result.</param>
    /// <param name="model">Description of the model.</param>
    /// <param name="parameters">Number of weights.</param>
    /// <param name="unit">Unit of the losses.</param>
    /// <param name="mayDiffer">Options that may have changed.</param>
    /// <param name="completed">Completes recorded options of an earlier version, given their file, with options that were added since.</param>
    internal static RunFolder Open(RunOptions where, JsonObject options, string model, long parameters, string unit, IReadOnlyList<string> mayDiffer,
        Func<JsonObject, string, JsonObject> completed)
    {
        var madeFolder = !Directory.Exists(where.Out);
        if (where.Resume && where.Lock is null)
            RefuseMissing(where.Out);
        else if (!where.Resume)
            RefuseTaken(where.Out, RunInfo.FileName);
        var held = where.Lock ?? RunLock.Take(where.Out);
        try
        {
            if (!where.Resume && where.Lock is null)
                TakeOver(where.Out); // checked again under the lock
            var info = RunInfo.Read(where.Out);
            var isNew = info is null;
            if (info is not null)
                CheckSame(completed(info.Options, Path.Combine(where.Out, RunInfo.FileName)), options, where.Out, mayDiffer);
            else
            {
                info = RunInfo.Now(options, model, parameters) with { Unit = unit };
                info.Write(where.Out);
                new RunStatus(RunState.Running, 0, info.Steps, null).Write(where.Out);
            }
            return new RunFolder(where, held, info, isNew, madeFolder);
        }
        catch
        {
            if (where.Lock is null)
                held.Dispose();
            throw;
        }
    }

    /// <summary>Throws if a folder holds a run already, or if it is a file.</summary>
    public static void RefuseTaken(string path)
    {
        RefuseTaken(path, RunInfo.FileName);
        RefuseTaken(path, RecipeFile);
    }

    /// <summary>Throws if a folder that holds no run has a file that a run would overwrite.</summary>
    internal static void RefuseOverwriting(string path)
    {
        if (!IsUnbegun(path) && Array.Find(firstFiles, file => File.Exists(Path.Combine(path, file))) is { } own)
        {
            throw new RunFolderException(
                $"{Path.Combine(Path.GetFullPath(path), own)}: a run would overwrite this file; name another folder, or move the file");
        }
    }

    /// <summary>
    /// Under the lock of a folder, removes the files of a run that ended before its first step and its first checkpoint, so that a new run can begin. All other
    /// files stay. Throws if the folder contains a run that got further.
    /// </summary>
    internal static void TakeOver(string path)
    {
        RefuseTaken(path);
        if (IsUnbegun(path))
            Clear(path);
    }

    /// <summary>Deletes the files that a run wrote into its folder before its first step.</summary>
    internal static void Clear(string path)
    {
        foreach (var file in RunStatus.IsPreparing(path) ? preparedFiles : firstFiles)
            File.Delete(Path.Combine(path, file));
    }

    /// <summary>Whether a folder was left by a run that ended before its first step and its first checkpoint, or while it prepared its data.</summary>
    internal static bool IsUnbegun(string path) => (File.Exists(Path.Combine(path, RunInfo.FileName)) || RunStatus.IsPreparing(path))
        && new CheckpointFolder(Path.Combine(path, CheckpointsName)).All.Count == 0 && HistoryOf(path).Steps.Count == 0;

    /// <summary>Throws if a folder holds no run that could be resumed.</summary>
    public static void RefuseMissing(string path)
    {
        if (RunStatus.IsPreparing(path))
            throw new RunFolderException($"{Path.GetFullPath(path)}: the run was killed while it prepared its data; start it again by the same command, "
                + "without --resume");
        if (!IsRun(path))
            throw new RunFolderException(
                $"{Path.GetFullPath(path)}: found neither {RunInfo.FileName} nor {RecipeFile}, so there is no run to resume; give its folder with --out, or "
                + $"start a new run");
    }

    /// <summary>Whether a folder is a run folder.</summary>
    public static bool IsRun(string folder) => File.Exists(Path.Combine(folder, RunInfo.FileName)) || File.Exists(Path.Combine(folder, RecipeFile));

    /// <summary>
    /// The run to resume among NAME, NAME-2, NAME-3, …: the newest that has not finished and is not running, otherwise the newest. The path
    /// itself if none exists.
    /// </summary>
    public static string NewestUnfinished(string path)
    {
        string[] runs = [.. Numbered(path).Where(IsRun)];
        return Array.FindLast(runs, run => !RunLock.IsHeld(run) && !IsFinished(run)) ?? runs.LastOrDefault() ?? path;
    }

    /// <summary>The existing folders among NAME, NAME-2, NAME-3, …, in this order.</summary>
    internal static IEnumerable<string> Numbered(string path)
    {
        var (name, parent) = (Path.GetFileName(path), Path.GetDirectoryName(path) is { Length: > 0 } given ? given : ".");
        return !Directory.Exists(parent) ? [] : Directory.GetDirectories(parent, name + "*")
            .Select(folder => (Folder: folder, Number: NumberOf(Path.GetFileName(folder), name))).Where(f => f.Number > 0).OrderBy(f => f.Number)
            .Select(f => f.Folder);
    }

    /// <summary>1 for NAME, n for NAME-n, 0 for any other name.</summary>
    static int NumberOf(string folder, string name) => folder == name ? 1
        : folder.StartsWith(name + "-", StringComparison.Ordinal)
        && int.TryParse(folder.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 2 ? n : 0;

    static bool IsFinished(string folder)
    {
        try
        {
            return RunStatus.Read(folder)?.State == RunState.Finished;
        }
        catch (RunFolderException)
        {
            return false; // resuming it rewrites its state
        }
    }

    /// <summary>The first of NAME, NAME-2, NAME-3, … that does not exist, or that is left from a run that ended before its first step.</summary>
    public static string Free(string path)
    {
        for (var i = 1; ; i++)
        {
            var candidate = i == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}-{i}");
            if (!File.Exists(candidate) && !Directory.Exists(candidate) || IsUnbegun(candidate) && !RunLock.IsHeld(candidate))
                return candidate;
        }
    }

    /// <summary>Throws a <see cref="RunFolderException"/> that lists the differences between two sets of options.</summary>
    internal static void CheckSame(JsonObject before, JsonObject now, string folder, IReadOnlyList<string> mayDiffer)
    {
        if (OptionDifferences.Between(before, now, "in the run", mayDiffer) is { Count: > 0 } differences)
            throw new RunFolderException(
                $"{Path.GetFullPath(folder)} was started with other options; resume with the same, or start a new "
                + $"run:{string.Concat(differences.Select(d => $"\n  {d};"))[..^1]}");
    }

    /// <summary>Reads the history of a run from its folder.</summary>
    internal static RunHistory HistoryOf(string folder)
    {
        var (metrics, samples) = FilesOf(folder);
        return RunHistory.Read(metrics, samples);
    }

    /// <summary>Replaces the options of a resumed run by the present ones, which may make it longer.</summary>
    /// <param name="options">Settings that determine the result.</param>
    /// <param name="recipe">The recipe as run now; null: none.</param>
    internal void Accept(JsonObject options, string? recipe)
    {
        if (!JsonNode.DeepEquals(info.Options, options))
            (info = info with { Options = (JsonObject)options.DeepClone() }).Write(FullPath);
        if (recipe is not null)
            AtomicFile.WriteText(Path.Combine(FullPath, RecipeFile), recipe);
    }

    /// <summary>Closes the folder of a run that did not begin because of an error. A new folder is deleted with the run's files in it.</summary>
    internal void Discard()
    {
        if (isNew)
        {
            File.Delete(Path.Combine(FullPath, RunInfo.FileName));
            RunStatus.Delete(FullPath);
        }
        Dispose();
        if (isNew && madeFolder)
            Directory.Delete(FullPath, recursive: true);
    }

    /// <summary>Goes back to the moment after a step: removes everything reported later, because it will be repeated.</summary>
    public void RewindTo(int step)
    {
        logging.Start();
        metrics.RewindTo(step);
        samples.RewindTo(step);
        History = RunHistory.Read(metrics, samples);
        EventFile.Create(Events, DateTimeOffset.UtcNow, metrics.Read());
        logging.Stop();
    }

    /// <summary>Records that the run continues from a step. Everything reported later is removed.</summary>
    public void Begin(int step, int steps)
    {
        RewindTo(step);
        TrainedBefore = History.Last?.Training ?? TimeSpan.Zero;
        drawn = (TimeSpan.Zero, steps, TimeSpan.Zero);
        Draw(new RunStatus(RunState.Running, step, steps, null));
    }

    /// <summary>Writes an event to the files, and from time to time to plots and page.</summary>
    public void Record(RunEvent e)
    {
        logging.Start();
        History.Add(e);
        var now = DateTimeOffset.UtcNow;
        if (e is StepDone or Evaluated or RolledBack or Measured)
            metrics.Append(e, now);
        else if (e is Sampled)
            samples.Append(e, now);
        EventFile.Append(Events, e, now);
        if (e is StepDone step)
        {
            drawn.Remaining = step.Remaining;
            if (sinceDrawn.Elapsed > TimeSpan.FromSeconds(PauseSeconds) && sinceDrawn.Elapsed > drawn.Took * PauseFactor)
                Draw(new RunStatus(RunState.Running, step.Step, drawn.Steps, null));
        }
        logging.Stop();
    }

    /// <summary>Records how the run ended.</summary>
    public void End(RunState state, int step, string? message = null) => Draw(new RunStatus(state, step, drawn.Steps, message));

    /// <summary>
    /// Records the end of a run by an error. If recording fails too (the disk may be full), only the first error is reported.
    /// </summary>
    public void TryEnd(RunState state, int step, string message)
    {
        try
        {
            End(state, step, message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // state.json still says "running" but no process holds the lock: the run counts as killed
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ownsLock)
            held.Dispose();
    }

    static (MetricsFile, MetricsFile) FilesOf(string folder) =>
        (new MetricsFile(Path.Combine(folder, MetricsName)), new MetricsFile(Path.Combine(folder, SamplesName)));

    static void RefuseTaken(string path, string file)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path) || File.Exists(Path.Combine(path, file)) && !IsUnbegun(path))
            throw new RunFolderException($"{path} exists already; resume the run in it, name another folder, or delete it");
    }
}
