using System.Globalization;
using Nonet.Models.Decoders;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text.Bpe;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// The shortest way from books to a model that writes: a tokenizer and a small LLaMA, trained for minutes on the texts in data/ with one chapter in twenty held out, with
/// samples before, during and after. A recipe like any other, made in code.
/// </summary>
public static class Quickstart
{
    const string Prompt = "It was";
    const int Context = 256, Width = 160, Vocab = 8192;

    public static TrainingResult Run(QuickstartOptions options, Device device, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        if (options.Steps < 1)
            throw new ArgumentException($"steps is {options.Steps}: at least 1 is needed");
        return TrainRecipe.Run(Recipe(options), device, options.Out, options.Resume, options.Threads, progress, stopping);
    }

    internal static Recipe Recipe(QuickstartOptions options) => new()
    {
        Name = "quickstart",
        Model = new LlamaConfig
        {
            Vocab = 0,
            Context = Context,
            Layers = 4,
            Width = Width,
            Heads = 5,
            KvHeads = 5,
            Hidden = LlamaConfig.HiddenFor(Width, multipleOf: 32),
            Tied = true,
        },
        Data = new RecipeData { Path = options.Data },
        Tokenizer = new RecipeTokenizer { Train = new BpeTrainerOptions { Vocab = Vocab } },
        Training = new PretrainOptions
        {
            Batch = 8,
            Steps = options.Steps,
            LearningRate = 6e-3,
            Warmup = Math.Min(50, options.Steps / 4),
            Floor = 0.02,
            AdamW = new AdamWOptions { Beta2 = 0.99 },
            Muon = new MuonOptions(),
            Seed = options.Seed,
            EvaluateEvery = Math.Max(1, (options.Steps + 3) / 4),
            SaveEvery = Math.Max(1, (options.Steps + 1) / 2),
        },
        Run = new RunOptions { Out = "", SampleEvery = Math.Max(1, (options.Steps + 1) / 2), Prompt = Prompt },
    };

    /// <summary>What a finished run cost, how good it is, where everything lies and what to type next.</summary>
    public static string Summary(TrainingResult result)
    {
        var run = Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Folder);
        var checkpoint = Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Checkpoint);
        var nonet = "dotnet run -c Release --project src/Nonet.Cli --";
        if (result.Interrupted)
            return string.Create(CultureInfo.InvariantCulture, $"interrupted after step {result.Step:N0}; go on with\n  {nonet} quickstart --out {run} --resume\n");
        return string.Create(CultureInfo.InvariantCulture, $"""
            {result.Parameters:N0} weights, {result.Tokens:N0} tokens in {LineReport.Duration(result.Training)} of training ({result.Tokens / Math.Max(1e-9, result.Training.TotalSeconds):N0} tokens/s, {result.Flops:0.0e+0} floating-point operations)
            validation {result.BitsPerByte:0.00} bits per byte
            model    {checkpoint} (config.json, model.safetensors, tokenizer.json)
            run      {run} (index.html, metrics.jsonl, samples.jsonl, plots, checkpoints)
            next     {nonet} generate {run} "{Prompt}" --max-tokens 300

            """);
    }
}
