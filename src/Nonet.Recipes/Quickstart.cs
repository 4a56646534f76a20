using System.Globalization;
using System.Text.Json;
using Nonet.Data.Corpora;
using Nonet.Models.Decoders;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text.Bpe;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// The shortest way from books to a model that generates text: trains a tokenizer and a small LLaMA for a few minutes on the texts in data/, with one chapter
/// in twenty held out, and generates samples before, during and after the training. It is a recipe like any other, created in code.
/// </summary>
public static class Quickstart
{
    const string Name = "quickstart", Prompt = "It was";
    const int Context = 256, Width = 160, Vocab = 8192;

    /// <summary>Runs the quickstart, or resumes it.</summary>
    /// <param name="options">Settings of the run.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="progress">Receives every reported step, evaluation, sample and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling saves a checkpoint of the last step and returns.</param>
    public static TrainingResult Run(QuickstartOptions options, Device device, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        if (options.Steps < 1)
            throw new ArgumentException($"steps is {options.Steps}; expected at least 1");
        return options.Resume
            ? TrainRecipe.Resume(options.Out ?? RunFolder.NewestUnfinished(TrainRecipe.PathOf(Name)), Overrides(options), device, threads: options.Threads,
                progress: progress, stopping: stopping)
            : TrainRecipe.Run(Recipe(options), device, options.Out, threads: options.Threads, progress: progress, stopping: stopping);
    }

    /// <summary>Settings that the user gave for a resumed run.</summary>
    static IEnumerable<string> Overrides(QuickstartOptions options)
    {
        if (options.Steps is { } steps)
            yield return string.Create(CultureInfo.InvariantCulture, $"training.steps={steps}");
        if (options.Seed is { } seed)
            yield return string.Create(CultureInfo.InvariantCulture, $"training.seed={seed}");
        if (options.Data is { } data)
            yield return $"data.path={Quoted(data)}";
        if (options.Field is { } field)
            yield return $"data.field={Quoted(field)}";
        if (options.Prompt is { } prompt)
            yield return $"run.prompt={Quoted(prompt)}";

        static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\""; // a JSON string is also a YAML string
    }

    internal static Recipe Recipe(QuickstartOptions options) => Recipe(options, options.Steps ?? 900);

    static Recipe Recipe(QuickstartOptions options, int steps) => new()
    {
        Name = Name,
        Model = new LlamaOptions
        {
            Context = Context,
            Layers = 4,
            Width = Width,
            Heads = 5,
            KvHeads = 5,
            Hidden = LlamaConfig.HiddenFor(Width, multipleOf: 32),
            Tied = true,
        },
        Data = DataOf(options),
        Tokenizer = new RecipeTokenizer { Train = new BpeTrainerOptions { Vocab = Vocab } },
        Training = new PretrainOptions
        {
            Batch = 8,
            Steps = steps,
            LearningRate = 6e-3,
            Warmup = Math.Min(50, steps / 4),
            Floor = 0.02,
            AdamW = new AdamWOptions { Beta2 = 0.99 },
            Muon = new MuonOptions(),
            Seed = options.Seed ?? 1,
            EvaluateEvery = Math.Max(1, (steps + 3) / 4),
            SaveEvery = Math.Max(1, (steps + 1) / 2),
        },
        Run = new ReportOptions
        {
            SampleEvery = Math.Max(1, (steps + 1) / 2),
            Prompt = options.Prompt
            ?? (options.Data is null ? Prompt : ExampleText.Of(Corpus.Read(DataOf(options).ToOptions().Sources[0]).Select(d => d.Text), words: 2) ?? Prompt)
        },
    };

    static RecipeData DataOf(QuickstartOptions options) =>
        new() { Path = options.Data, Field = options.Field ?? new RecipeData().Field, Encoding = options.Encoding };
}
