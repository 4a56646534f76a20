using System.Globalization;
using Nonet.Data;
using Nonet.Formats;
using Nonet.Text;

namespace Nonet.Recipes;

/// <summary>From a recipe to a trained model: tokenizer, text, <see cref="Pretrain"/>, all in one run folder.</summary>
public static class TrainRecipe
{
    /// <param name="recipe">What to train.</param>
    /// <param name="folder">The run folder; null: runs/NAME, or the first of runs/NAME-2, -3, … that is free.</param>
    /// <param name="resume">Go on with the run in the folder, which must have been started with the same recipe but for its run section.</param>
    /// <param name="threads">Null: all cores.</param>
    /// <param name="progress">Told of every step reported, evaluation, sample and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling saves a checkpoint after the step at hand and returns.</param>
    public static PretrainResult Run(
        Recipe recipe, string? folder = null, bool resume = false, int? threads = null, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        var path = Path.Combine("runs", recipe.Name);
        folder ??= resume ? path : RunFolder.Free(path);
        if (!resume)
            RunFolder.RefuseTaken(folder);
        else
            RunFolder.RefuseMissing(folder);
        using var held = RunLock.Take(folder);
        if (resume && File.Exists(Path.Combine(folder, RunFolder.RecipeFile)))
            CheckSame(Recipe.Load(Path.Combine(folder, RunFolder.RecipeFile)), recipe, folder);
        else if (!resume)
            RunFolder.RefuseTaken(folder);
        AtomicFile.WriteText(Path.Combine(folder, RunFolder.RecipeFile), recipe.ToYaml());

        using var text = Text(recipe, folder, resume, threads, progress, stopping);
        var where = recipe.Run with { Out = folder, Resume = resume, Threads = threads, Lock = held, RecipeText = recipe.ToYaml() };
        return Pretrain.Run(recipe.OptionsFor(text.Tokenizer.Vocab), text, where, progress, stopping);
    }

    /// <summary>Documents to tokens, in the run folder; a resumed run takes the tokenizer and the tokens that it began with.</summary>
    static TrainingText Text(Recipe recipe, string folder, bool resume, int? threads, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (tokens, trained) = (Path.Combine(folder, "text"), Path.Combine(folder, "tokenizer"));
        if (resume && Directory.Exists(Path.Combine(folder, "checkpoints")))
            return TrainingText.Open(tokens, recipe.Tokenizer.Train is null ? Given(recipe) : Tokenizer.Load(trained));
        var source = recipe.Data.Path ?? DataFolder.Find();
        var corpus = TextCorpus.Read(source);
        var (train, heldOut) = (recipe.Data.Chapters ? corpus.SplitChapters() : corpus).HoldOut(recipe.Data.HeldOutOneIn, recipe.Training.Seed);
        progress?.Report(new StageStarted("text", string.Create(CultureInfo.InvariantCulture,
            $"{source}: {train.Bytes:N0} bytes in {train.Documents.Count:N0} documents to train on, {heldOut.Bytes:N0} in {heldOut.Documents.Count:N0} held out")));
        if (recipe.Tokenizer.Train is not { } options)
            return TrainingText.Write(tokens, Given(recipe), train, heldOut);
        var tokenizer = BpeTrainer.Train(train.Documents.Select(d => d.Text), options, threads, stopping: stopping);
        tokenizer.Save(trained);
        progress?.Report(new StageStarted("tokenizer", string.Create(CultureInfo.InvariantCulture, $"{tokenizer.Vocab:N0} ids, trained on the training text")));
        return TrainingText.Write(tokens, tokenizer, train, heldOut);
    }

    static Tokenizer Given(Recipe recipe) => recipe.Tokenizer.Folder is { } source ? Tokenizer.Load(source) : new ByteTokenizer();

    static void CheckSame(Recipe before, Recipe now, string folder)
    {
        var differences = RecipeDifferences.Between(before with { Run = now.Run, Name = now.Name }, now);
        if (differences.Count > 0)
        {
            throw new RunFolderException($"{Path.GetFullPath(folder)} was started with another recipe; resume with the same, or start a new run:"
                + string.Join(';', differences.Select(d => $"\n  {d.Key}: {d.First} in the run, {d.Second} now")));
        }
    }
}
