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
        var isNew = !Directory.Exists(folder);
        using var held = RunLock.Take(folder);
        try
        {
            if (!resume)
                RunFolder.RefuseTaken(folder);
            recipe = resume && File.Exists(Path.Combine(folder, RunFolder.RecipeFile)) ? AsBegun(recipe, folder) : FitMemory(recipe, progress);
            AtomicFile.WriteText(Path.Combine(folder, RunFolder.RecipeFile), recipe.ToYaml());
            using var text = Text(recipe, folder, resume, threads, progress, stopping);
            var where = recipe.Run with { Out = folder, Resume = resume, Threads = threads, Lock = held, RecipeText = recipe.ToYaml() };
            return Pretrain.Run(recipe.OptionsFor(text.Tokenizer.Vocab), text, where, progress, stopping);
        }
        catch when (isNew && !File.Exists(Path.Combine(folder, RunInfo.FileName)))
        {
            Directory.Delete(folder, recursive: true); // nothing was trained: the name is free again
            throw;
        }
    }

    /// <summary>The recipe with the division into micro-batches that the run began with. Throws where it differs otherwise.</summary>
    static Recipe AsBegun(Recipe recipe, string folder)
    {
        var begun = Recipe.Load(Path.Combine(folder, RunFolder.RecipeFile));
        if (recipe.Memory is not null && recipe.Training.Batch * recipe.Training.Accumulate == begun.Training.Batch * begun.Training.Accumulate)
            recipe = recipe with { Memory = null, Training = recipe.Training with { Batch = begun.Training.Batch, Accumulate = begun.Training.Accumulate } };
        CheckSame(begun, recipe, folder);
        return recipe;
    }

    static Recipe FitMemory(Recipe recipe, IProgress<RunEvent>? progress)
    {
        if (recipe.Memory is not { } limit)
            return recipe;
        var fitting = TrainingMemory.Fit(recipe.OptionsFor(recipe.Tokenizer.Vocab), limit);
        progress?.Report(new StageStarted("memory", string.Create(CultureInfo.InvariantCulture,
            $"{fitting.Accumulate:N0} x {fitting.Batch:N0} sequences an update, estimated to take {TrainingMemory.Estimate(fitting) >> 20:N0} of {limit >> 20:N0} MB")));
        return recipe with { Memory = null, Training = recipe.Training with { Batch = fitting.Batch, Accumulate = fitting.Accumulate } };
    }

    /// <summary>
    /// Documents to tokens, kept beside the run folder in tokens/ and used again by later runs on the same data; the file text in the run folder says where. A resumed run
    /// takes the tokenizer and the tokens that it began with.
    /// </summary>
    static TokenizedData Text(Recipe recipe, string folder, bool resume, int? threads, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (options, pointer, trained) = (recipe.Data.ToOptions(), Path.Combine(folder, "text"), Path.Combine(folder, "tokenizer"));
        var begun = resume && File.Exists(pointer);
        var tokenizer = recipe.Tokenizer.Folder is { } given ? Tokenizer.Load(given)
            : recipe.Tokenizer.Train is not { } train ? new ByteTokenizer()
            : begun ? Tokenizer.Load(trained)
            : TrainTokenizer(options, train, trained, threads, progress, stopping);
        if (begun && Path.Combine(folder, File.ReadAllText(pointer).Trim()) is var tokens && Directory.Exists(tokens))
            return TokenizedData.Open(tokens, options, tokenizer);
        var cache = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(folder))!, "tokens");
        var data = TokenizedData.Build(options, tokenizer, cache, threads, progress is null ? null : new ReadingReport(progress), stopping);
        AtomicFile.WriteText(pointer, Path.GetRelativePath(folder, data.FullPath) + "\n");
        progress?.Report(new StageStarted("text", string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(", ", options.Sources.Select(s => s.Path))}: {data.Train.Sum(t => t.TextBytes):N0} bytes in {data.Train.Sum(t => t.Documents):N0} documents to train on, {data.HeldOut.TextBytes:N0} in {data.HeldOut.Documents:N0} held out")));
        if (data.Broken is { Count: > 0 } broken)
            progress?.Report(new StageStarted("passed over", string.Create(CultureInfo.InvariantCulture, $"{broken.Count:N0} broken line(s), the first: {broken[0]}")));
        return data;
    }

    static PipelineTokenizer TrainTokenizer(DataOptions data, TokenizerTrainerOptions options, string folder, int? threads, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var texts = data.Sources.Where(s => s.Split != DataSplit.Validation)
            .SelectMany(s => Corpus.Read(s).Select(d => d.Text).Where(text => s.Split == DataSplit.Train || TokenizedData.Draw(data.Seed, text) >= data.Validation));
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var tokenizer = options.Train(texts, threads, progress is null ? null : new TokenizerReport(progress), stopping);
        tokenizer.Save(folder);
        progress?.Report(new StageStarted("tokenizer", string.Create(CultureInfo.InvariantCulture,
            $"{tokenizer.Vocab:N0} ids, trained on the training text in {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s")));
        return tokenizer;
    }

    /// <summary>Passes on how far the training of the tokenizer is, every few seconds.</summary>
    sealed class TokenizerReport(IProgress<RunEvent> progress) : IProgress<TokenizerTrainingProgress>
    {
        readonly Lock reporting = new();
        long last = System.Diagnostics.Stopwatch.GetTimestamp();

        public void Report(TokenizerTrainingProgress value)
        {
            lock (reporting)
            {
                if (System.Diagnostics.Stopwatch.GetElapsedTime(last) < ReadingReport.Pause)
                    return;
                last = System.Diagnostics.Stopwatch.GetTimestamp();
                progress.Report(new StageStarted("tokenizer", value.Tokens == 0
                    ? string.Create(CultureInfo.InvariantCulture, $"{value.Characters / 1e6:N0} M characters read")
                    : string.Create(CultureInfo.InvariantCulture, $"{value.Tokens:N0} tokens of {value.Words:N0} different words")));
            }
        }
    }

    /// <summary>Passes on how far the reading is, every few seconds.</summary>
    sealed class ReadingReport(IProgress<RunEvent> progress) : IProgress<DataProgress>
    {
        public static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
        readonly long start = System.Diagnostics.Stopwatch.GetTimestamp();
        TimeSpan last;

        public void Report(DataProgress value)
        {
            var now = System.Diagnostics.Stopwatch.GetElapsedTime(start);
            if (now - last < Pause)
                return;
            last = now;
            progress.Report(new DataRead(value.Bytes, value.Documents, value.Bytes / now.TotalSeconds));
        }
    }

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
