using System.Globalization;
using Nonet.Data;
using Nonet.Models;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// The shortest way from books to a model that writes: a small LLaMA over bytes, trained for minutes on the texts in data/ with one chapter in twenty held out, with
/// samples before, during and after.
/// </summary>
public static class Quickstart
{
    const string DefaultOut = "runs/quickstart", Prompt = "It was ";
    const int Context = 256, Width = 192, HeldOutOneIn = 20;

    public static PretrainResult Run(QuickstartOptions options, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        if (options.Steps < 1)
            throw new ArgumentException($"steps is {options.Steps}: at least 1 is needed");
        var folder = options.Out ?? (options.Resume ? DefaultOut : RunFolder.Free(DefaultOut));
        if (options.Resume)
            RunFolder.RefuseMissing(folder);
        else
            RunFolder.RefuseTaken(folder);
        using var held = RunLock.Take(folder);
        var tokenizer = new ByteTokenizer();
        using var text = Text(options, folder, tokenizer, progress);
        return Pretrain.Run(Recipe(options, tokenizer.Vocab), text, new RunOptions
        {
            Out = folder,
            Lock = held,
            Resume = options.Resume,
            Threads = options.Threads,
            SampleEvery = Math.Max(1, (options.Steps + 1) / 2),
            Prompt = Prompt,
        }, progress, stopping);
    }

    internal static PretrainOptions Recipe(QuickstartOptions options, int vocab) => new()
    {
        Llama = new LlamaConfig
        {
            Vocab = vocab,
            Context = Context,
            Layers = 4,
            Width = Width,
            Heads = 6,
            KvHeads = 6,
            Hidden = LlamaConfig.HiddenFor(Width, multipleOf: 32),
            Tied = true,
        },
        Batch = 8,
        Steps = options.Steps,
        LearningRate = 2e-3,
        Warmup = Math.Min(50, options.Steps / 4),
        Floor = 0.02,
        AdamW = new AdamWOptions { Beta2 = 0.99 },
        Seed = options.Seed,
        EvaluateEvery = Math.Max(1, (options.Steps + 3) / 4),
        SaveEvery = Math.Max(1, (options.Steps + 1) / 2),
    };

    /// <summary>Books to chapters to tokens, in the run folder; a resumed run takes the tokens that it began with.</summary>
    static TrainingText Text(QuickstartOptions options, string folder, Tokenizer tokenizer, IProgress<RunEvent>? progress)
    {
        var tokens = Path.Combine(folder, "text");
        if (options.Resume)
            return TrainingText.Open(tokens, tokenizer);
        var source = options.Data ?? DataFolder.Find();
        var chapters = TextCorpus.Read(source).SplitChapters();
        var (train, heldOut) = chapters.HoldOut(HeldOutOneIn, options.Seed);
        progress?.Report(new StageStarted("text", string.Create(CultureInfo.InvariantCulture,
            $"{source}: {train.Bytes:N0} bytes in {train.Documents.Count:N0} chapters to train on, {heldOut.Bytes:N0} in {heldOut.Documents.Count:N0} held out")));
        return TrainingText.Write(tokens, tokenizer, train, heldOut);
    }

    /// <summary>What a finished run cost, how good it is, where everything lies and what to type next.</summary>
    public static string Summary(PretrainResult result)
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
            next     {nonet} generate {run} "{Prompt.Trim()}" --max-tokens 300

            """);
    }
}
