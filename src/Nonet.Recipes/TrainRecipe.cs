using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes;

/// <summary>From a recipe to a trained model: tokenizer, data, training, all in one run folder.</summary>
public static class TrainRecipe
{
    /// <param name="recipe">What to train.</param>
    /// <param name="device">Where the model is trained; the result is the same with any number of threads.</param>
    /// <param name="folder">The run folder; null: runs/NAME, or the first of runs/NAME-2, -3, … that is free.</param>
    /// <param name="resume">Go on with the run in the folder, which must have been started with the same recipe but for its run section.</param>
    /// <param name="threads">Threads that read and tokenize the data; null: all cores.</param>
    /// <param name="progress">Told of every step reported, evaluation, sample and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling saves a checkpoint after the step at hand and returns.</param>
    public static TrainingResult Run(
        TrainingRecipe recipe, Device device, string? folder = null, bool resume = false, int? threads = null, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        var path = Path.Combine("runs", recipe.Name);
        folder ??= resume ? path : RunFolder.Free(path);
        if (!resume)
            RunFolder.RefuseTaken(folder);
        else
            RunFolder.RefuseMissing(folder);
        var sized = recipe.Sized();
        TrainingMemory.Require(sized);
        foreach (var warning in sized.Warnings)
            progress?.Report(new StageStarted("warning", warning));
        var isNew = !Directory.Exists(folder);
        using var held = RunLock.Take(folder);
        try
        {
            if (!resume)
                RunFolder.RefuseTaken(folder);
            recipe = resume && File.Exists(Path.Combine(folder, RunFolder.RecipeFile)) ? AsBegun(recipe, folder) : recipe.Prepared(progress);
            AtomicFile.WriteText(Path.Combine(folder, RunFolder.RecipeFile), recipe.ToYaml());
            return recipe.Train(device, recipe.Run with { Out = folder, Resume = resume, Threads = threads, Lock = held, RecipeText = recipe.ToYaml() }, progress, stopping);
        }
        catch when (isNew && !File.Exists(Path.Combine(folder, RunInfo.FileName)))
        {
            Directory.Delete(folder, recursive: true); // nothing was trained: the name is free again
            throw;
        }
    }

    /// <summary>The recipe with the division into micro-batches that the run began with. Throws where it differs otherwise.</summary>
    static TrainingRecipe AsBegun(TrainingRecipe recipe, string folder)
    {
        var begun = TrainingRecipe.Load(Path.Combine(folder, RunFolder.RecipeFile));
        recipe = recipe.DividedAs(begun);
        RecipeDifferences.Refuse(RecipeDifferences.Between(begun with { Run = recipe.Run, Name = recipe.Name }, recipe), folder);
        return recipe;
    }
}
