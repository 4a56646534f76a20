using System.Globalization;
using Nonet.Data;
using Nonet.Files;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>
/// Trains many small models to learn from them what larger ones would do. One text for all, a run folder for each, one table: runs.csv, which is written after every run and which
/// <see cref="Nonet.Scaling.Runs.RunTable"/> reads. A sweep that was stopped goes on where it stood, with the same rows as if it had not been.
/// </summary>
public static class Sweep
{
    /// <summary>The recipe as run.</summary>
    public const string RecipeFile = "sweep.yaml";

    internal const string TableFile = "runs.csv", PageFile = "index.html", Search = "search";
    const string SearchFile = "search.csv", Runs = "runs";

    /// <param name="recipe">What to train.</param>
    /// <param name="folder">The sweep's folder; null: runs/NAME, or the first of runs/NAME-2, -3, … that is free.</param>
    /// <param name="resume">Go on with the sweep in the folder, which must have been started with the same recipe.</param>
    /// <param name="threads">Null: all cores. Rows do not depend on it.</param>
    /// <param name="progress">Told of every step and of every run that ends.</param>
    /// <param name="stopping">Cancelling saves a checkpoint of the run at hand and returns.</param>
    public static SweepResult Run(SweepRecipe recipe, string? folder = null, bool resume = false, int? threads = null, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        PlannedRun.Of(recipe, recipe.Train.Ids.Vocab); // refuses a plan that cannot be before anything is written
        var path = Path.Combine("runs", recipe.Name);
        folder ??= resume ? path : RunFolder.Free(path);
        Refuse(folder, resume);
        var isNew = !Directory.Exists(folder);
        using var held = RunLock.Take(folder);
        Refuse(folder, resume);
        try
        {
            if (resume)
                TrainRecipe.RefuseOther((SweepRecipe.Load(Path.Combine(folder, RecipeFile)) with { Name = recipe.Name }).ToJson(), recipe.ToJson(), folder);
            else
                AtomicFile.WriteText(Path.Combine(folder, RecipeFile), recipe.ToYaml());
            using var text = RecipeText.Open(recipe.Train, folder, resume, threads, progress, stopping);
            return Run(recipe, folder, text, threads, progress, stopping);
        }
        catch when (isNew && !Directory.Exists(Path.Combine(folder, Runs)) && !Directory.Exists(Path.Combine(folder, Search)))
        {
            Directory.Delete(folder, recursive: true); // nothing was trained: the name is free again
            throw;
        }
    }

    static SweepResult Run(SweepRecipe recipe, string folder, TokenizedData text, int? threads, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var runs = PlannedRun.Of(recipe, text.Tokenizer.Vocab);
        var searches = SweepRates.Searches(recipe.Sweep, runs);
        var flops = runs.Sum(r => r.FullFlops) + searches.Sum(s => s.Run.FullFlops);
        var table = new SweepTable(Path.Combine(folder, TableFile), [.. runs.Select(r => r.Name)]);
        var searched = new SweepTable(Path.Combine(folder, SearchFile), [.. searches.Select(s => s.Run.Name)]);
        progress?.Report(new StageStarted("sweep", string.Create(CultureInfo.InvariantCulture,
            $"{runs.Count} runs of {runs.Select(r => r.Size).Distinct().Count()} sizes, {runs.Min(r => r.Model.Parameters):N0} to {runs.Max(r => r.Model.Parameters):N0} parameters{(searches.Count > 0 ? $", and {searches.Count} to find learning rates" : "")}; {flops:0.0e0} FLOPs in all")));
        var runner = new SweepRunner(recipe, text, threads, new SweepProgress(progress, runs.Count + searches.Count, flops), stopping);
        foreach (var (run, rate) in searches)
        {
            if (!runner.Make(run, rate, Path.Combine(folder, Search, run.Name), searched))
                return Result(interrupted: true, []);
        }
        var searchFailed = runner.Failed.Count;
        var without = new List<FailedRun>();
        foreach (var run in runs)
        {
            if (SweepRates.Of(recipe, runs, run.Size, searched) is not { } rate)
                without.Add(new FailedRun(run.Name, "no learning rate of sweep.rates that does not diverge"));
            else if (!runner.Make(run, rate, Path.Combine(folder, Runs, run.Name), table))
                return Result(interrupted: true, []);
        }
        var result = Result(interrupted: false, [.. without, .. runner.Failed.Skip(searchFailed)]);
        if (table.Rows.Count > 0)
        {
            result = result with { Fits = SweepFits.Of(result, recipe.Sweep, threads, stopping) };
            SweepPage.Write(result, recipe);
        }
        return result;

        SweepResult Result(bool interrupted, IReadOnlyList<FailedRun> failed) => new()
        {
            Folder = Path.GetFullPath(folder),
            Interrupted = interrupted,
            Planned = runs.Count,
            Rows = table.Rows,
            Failed = failed,
            Warnings = interrupted ? [] : [.. SweepRates.Warnings(recipe.Sweep, runs, searched)],
        };
    }

    /// <summary>Of the sweeps in NAME, NAME-2, NAME-3, …, the one to resume: the newest that has no page yet, else the newest. The path itself if there is none.</summary>
    public static string NewestUnfinished(string path)
    {
        string[] sweeps = [.. RunFolder.Numbered(path).Where(IsSweep)];
        return Array.FindLast(sweeps, s => !File.Exists(Path.Combine(s, PageFile))) ?? sweeps.LastOrDefault() ?? path;
    }

    /// <summary>Whether a folder is that of a sweep.</summary>
    public static bool IsSweep(string folder) => File.Exists(Path.Combine(folder, RecipeFile));

    static void Refuse(string folder, bool resume)
    {
        if (resume && !IsSweep(folder))
            throw new RunFolderException($"{Path.GetFullPath(folder)}: found no {RecipeFile}, so there is no sweep to resume; name its folder with --out, or start anew");
        if (resume)
            return;
        RunFolder.RefuseTaken(folder);
        if (IsSweep(folder))
            throw new RunFolderException($"{Path.GetFullPath(folder)} holds a sweep already; resume it, name another folder, or delete it");
    }
}
