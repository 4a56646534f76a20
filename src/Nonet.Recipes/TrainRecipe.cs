using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>Runs a recipe: tokenizer, data and training, all in one run folder.</summary>
public static class TrainRecipe
{
    /// <summary>Keys that may change when a run is resumed: they determine its length, its name, and what is reported and kept.</summary>
    static readonly string[] free = ["name", "training.steps", "training.epochs", "memory_mb"];

    /// <summary>Trains a new run, or resumes one. The recipe of a resumed run may differ from its own only in length and run section.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="device">Device that trains the model. The result does not depend on its number of threads.</param>
    /// <param name="folder">
    /// Run folder. Null: the first of runs/NAME, runs/NAME-2, -3, … that does not exist, or, to resume, the newest of them that has not
    /// finished.
    /// </param>
    /// <param name="resume">Whether to resume the run in the folder.</param>
    /// <param name="threads">Threads that read and tokenize the data; null: all cores.</param>
    /// <param name="progress">Receives every reported step, evaluation, sample and checkpoint, on this thread.</param>
    /// <param name="source">Text of the recipe file, with which later changes of the file can be detected; null: none.</param>
    /// <param name="stopping">Cancelling saves a checkpoint of the last step and returns.</param>
    public static TrainingResult Run(
        IRecipe recipe, Device device, string? folder = null, bool resume = false, int? threads = null, IProgress<RunEvent>? progress = null,
        string? source = null, CancellationToken stopping = default)
    {
        var path = PathOf(recipe.Name);
        if (resume)
            return Resume(folder ?? RunFolder.NewestUnfinished(path), _ => recipe, device, threads, progress, stopping);
        folder ??= RunFolder.Free(path);
        RunFolder.RefuseTaken(folder);
        RunFolder.RefuseOverwriting(folder);
        Forecast(recipe, progress);
        var isNew = !Directory.Exists(folder);
        using var held = RunLock.Take(folder);
        RunFolder.TakeOver(folder); // checked again under the lock
        var written = new List<string>();
        try
        {
            Add(RunStatus.FileName);
            new RunStatus(RunState.Preparing, 0, 0, null).Write(folder); // written first, because it marks the other files as those of a run
            var kind = TaskKind.Of(recipe);
            recipe = kind.Prepared(recipe, progress);
            var text = recipe.ToYaml();
            Write(RunFolder.RecipeFile, text);
            if (source is not null)
                Write(RunFolder.SourceFile, source);
            return kind.Train(recipe, device, new RunOptions(recipe.Run, folder) { Threads = threads, Lock = held, RecipeText = text }, progress, stopping);
        }
        catch when (!File.Exists(Path.Combine(folder, RunInfo.FileName)))
        {
            if (isNew) // nothing was trained, so the name becomes free again
                Directory.Delete(folder, recursive: true);
            else
                written.ForEach(File.Delete); // but no other files: the folder may contain the user's files with the names of a run's files
            throw;
        }

        void Write(string name, string content) => AtomicFile.WriteText(Add(name), content);

        string Add(string name)
        {
            var file = Path.Combine(folder, name);
            if (!File.Exists(file))
                written.Add(file);
            return file;
        }
    }

    /// <summary>Resumes a run with its own recipe, recipe.yaml in its folder.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="overrides">Changed settings as key=value: training.steps, which makes a run longer, and keys of the run section.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="source">
    /// Recipe file from which the run should have been started; if it has changed since, that is an error. Null: not compared.
    /// </param>
    /// <param name="threads">Threads that read and tokenize the data; null: all cores.</param>
    /// <param name="progress">Receives every reported step, evaluation, sample and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling saves a checkpoint of the last step and returns.</param>
    public static TrainingResult Resume(
        string folder, IEnumerable<string> overrides, Device device, string? source = null, int? threads = null, IProgress<RunEvent>? progress = null,
        CancellationToken stopping = default)
    {
        string[] set = [.. overrides];
        return Resume(folder, begun =>
        {
            var now = set.Length == 0 ? begun : TrainingRecipe.Load(Path.Combine(folder, RunFolder.RecipeFile), set);
            if (source is not null && Path.GetFullPath(source) != Path.GetFullPath(Path.Combine(folder, RunFolder.RecipeFile)))
                RefuseChanged(source, folder, now);
            return now;
        }, device, threads, progress, stopping);
    }

    /// <summary>Default run folder of a recipe; later runs have -2, -3, … appended.</summary>
    public static string PathOf(string name) => Path.Combine("runs", name);

    static TrainingResult Resume(string folder, Func<IRecipe, IRecipe> now, Device device, int? threads, IProgress<RunEvent>? progress,
        CancellationToken stopping)
    {
        RunFolder.RefuseMissing(folder);
        using var held = RunLock.Take(folder);
        var file = Path.Combine(folder, RunFolder.RecipeFile);
        if (!File.Exists(file))
            throw new RunFolderException(
                $"{Path.GetFullPath(folder)}: found no {RunFolder.RecipeFile}; expected the recipe of the run: the run was started from code and must be "
                + $"resumed from code");
        var begun = TrainingRecipe.Load(file);
        var recipe = now(begun);
        var kind = TaskKind.Of(recipe);
        recipe = kind.DividedAs(recipe, begun);
        RefuseOther(begun.ToJson(), recipe.ToJson(), folder, IsFree);
        Forecast(recipe, progress);
        return kind.Train(recipe, device, new RunOptions(recipe.Run, folder) { Resume = true, Threads = threads, Lock = held, RecipeText = recipe.ToYaml() },
            progress, stopping);
    }

    /// <summary>Throws if the machine has too little memory, and reports warnings.</summary>
    static void Forecast(IRecipe recipe, IProgress<RunEvent>? progress)
    {
        var sized = TaskKind.Of(recipe).Sized(recipe);
        TrainingMemory.Require(sized);
        foreach (var warning in sized.Warnings)
            progress?.Report(new StageStarted("warning", warning));
    }

    const string SourceExpected = "a recipe in YAML";

    static bool IsFree(string key) => free.Contains(key) || key.StartsWith("run.", StringComparison.Ordinal);

    /// <summary>
    /// Throws a <see cref="RunFolderException"/> that lists the differences between a recipe and the one that a run was started with.
    /// </summary>
    /// <param name="begun">Recipe that the run was started with.</param>
    /// <param name="now">Present recipe.</param>
    /// <param name="folder">Folder of the run.</param>
    /// <param name="isFree">Whether a key may differ; null: no key may.</param>
    /// <param name="mayBeSet">The keys that may differ, for the message.</param>
    internal static void RefuseOther(JsonObject begun, JsonObject now, string folder, Func<string, bool>? isFree = null,
        string mayBeSet = "training.steps and run.*")
    {
        if (OptionDifferences.Of(begun, now).Where(d => isFree?.Invoke(d.Field) != true).ToArray() is { Length: > 0 } differences)
        {
            throw new RunFolderException($"{Path.GetFullPath(folder)} was started with other settings:{Lines(differences, "in the run")}\n"
                + $"leave them out to resume the run with its own ({mayBeSet} may be set), or start a new run without --resume");
        }
    }

    /// <summary>
    /// Throws if a recipe file has changed since the run was started, unless the changes agree with the run's own recipe and the present
    /// overrides.
    /// </summary>
    static void RefuseChanged(string file, string folder, IRecipe now)
    {
        var kept = Path.Combine(folder, RunFolder.SourceFile);
        if (!File.Exists(kept))
            return;
        var own = OptionDifferences.Flatten(now.ToJson());
        var changed = OptionDifferences.Of(RecipeSource.Load(kept, SourceExpected, []).Root, RecipeSource.Load(file, SourceExpected, []).Root)
            .Where(d => d.Field != "name" && own.GetValueOrDefault(d.Field) != d.Now).ToArray();
        if (changed.Length > 0)
        {
            throw new RunFolderException($"{file} has changed since the run in {folder} was started:{Lines(changed, "then")}\n"
                + $"resume the run with its own recipe ({Path.Combine(folder, RunFolder.RecipeFile)}), pass allowed changes with --set (training.steps=N "
                + $"makes the run longer), or start a new run without --resume");
        }
    }

    static string Lines(IEnumerable<(string Field, string Before, string Now)> differences, string before) =>
        string.Join(';', differences.Select(d => string.Create(CultureInfo.InvariantCulture, $"\n  {d.Field}: {d.Before} {before}, {d.Now} now")));
}
