using System.Globalization;
using Nonet.Data;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes.Scaling;

/// <summary>
/// Trains many small models, from which larger ones can be predicted. All use one text; each has a run folder, and runs.csv has one row per
/// finished run. <see cref="Nonet.Scaling.Runs.RunTable"/> reads this table. A stopped sweep can be resumed and gives the same rows.
/// </summary>
public static class Sweep
{
    /// <summary>Name of the file with the recipe as run.</summary>
    public const string RecipeFile = "sweep.yaml";

    internal const string TableFile = "runs.csv", PageFile = "index.html", Search = "search";
    const string SearchFile = "search.csv", Runs = "runs";
    internal static readonly WorkFolder Work = new("sweep", RecipeFile, PageFile, Runs, Search);

    /// <summary>Runs or resumes a sweep.</summary>
    /// <param name="recipe">The sweep.</param>
    /// <param name="device">Device that trains the models.</param>
    /// <param name="folder">Folder of the sweep; null: the first of runs/NAME, runs/NAME-2, -3, … that does not exist.</param>
    /// <param name="resume">Whether to resume the sweep in the folder, which must have been started with the same recipe.</param>
    /// <param name="threads">Threads that read the data and fit the laws; null: all cores. The rows do not depend on it.</param>
    /// <param name="progress">Receives every step and every run that ends.</param>
    /// <param name="stopping">Cancelling saves a checkpoint of the current run and returns.</param>
    public static SweepResult Run(SweepRecipe recipe, Device device, string? folder = null, bool resume = false, int? threads = null,
        IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        // throws before anything is written if the plan is impossible or needs too much memory
        var largest = PlannedRun.Of(recipe, recipe.Train.Ids.Vocab).MaxBy(r => r.Model.Parameters)!;
        TrainingMemory.Require(recipe.Train.Training with { Model = largest.Model.Config, Steps = largest.Steps });
        return Work.Run(recipe.Name, folder, resume, folder =>
        {
            if (resume)
                TrainRecipe.RefuseOther((SweepRecipe.Load(Path.Combine(folder, RecipeFile)) with { Name = recipe.Name }).ToJson(), recipe.ToJson(), folder);
            else
                AtomicFile.WriteText(Path.Combine(folder, RecipeFile), recipe.ToYaml());
            using var text = RecipeText.Open(recipe.Train, folder, resume, threads, progress, stopping);
            return Run(recipe, device, folder, text, threads, progress, stopping);
        });
    }

    static SweepResult Run(SweepRecipe recipe, Device device, string folder, TokenizedData text, int? threads, IProgress<RunEvent>? progress,
        CancellationToken stopping)
    {
        var runs = PlannedRun.Of(recipe, text.Tokenizer.Vocab);
        var searches = SweepRates.Searches(recipe.Sweep, runs);
        var flops = runs.Sum(r => r.FullFlops) + searches.Sum(s => s.Run.FullFlops);
        var table = new SweepTable(Path.Combine(folder, TableFile), [.. runs.Select(r => r.Name)]);
        var searched = new SweepTable(Path.Combine(folder, SearchFile), [.. searches.Select(s => s.Run.Name)]);
        progress?.Report(new StageStarted("sweep", string.Create(CultureInfo.InvariantCulture,
            $"{runs.Count} runs of {runs.Select(r => r.Size).Distinct().Count()} sizes, {runs.Min(r => r.Model.Parameters):N0} to "
                + $"{runs.Max(r => r.Model.Parameters):N0} parameters{(searches.Count > 0 ? $", and {searches.Count} to find learning rates" : "")}; "
                + $"{flops:0.0e0} FLOPs in all")));
        var runner = new SweepRunner(recipe, text, device, threads, new SweepProgress(progress, runs.Count + searches.Count, flops), stopping);
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
                without.Add(new FailedRun(run.Name, "every learning rate of sweep.rates diverged"));
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

    /// <summary>
    /// The sweep to resume among NAME, NAME-2, NAME-3, …: the newest that has no page yet, otherwise the newest. The path itself if none
    /// exists.
    /// </summary>
    public static string NewestUnfinished(string path) => Work.NewestUnfinished(path);

    /// <summary>Whether a folder is the folder of a sweep.</summary>
    public static bool IsSweep(string folder) => Work.Is(folder);
}
