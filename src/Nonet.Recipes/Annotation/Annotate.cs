using System.Diagnostics;
using System.Globalization;
using Nonet.Files;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.ToolUse;
using Nonet.ToolUse.Annotation;

namespace Nonet.Recipes.Annotation;

/// <summary>
/// Annotates texts with tool calls, shard by shard, then writes the texts for fine-tuning. A stopped run can be resumed and gives the same bytes. Only the
/// last step depends on the thresholds, so a finished run that is resumed with other thresholds only filters again.
/// </summary>
public static class Annotate
{
    /// <summary>Name of the file with the recipe as run.</summary>
    public const string RecipeFile = "annotate.yaml";

    internal const string TextsFile = "texts.jsonl", CandidatesFile = "candidates.jsonl", FunnelFile = "funnel.json", PageFile = "index.html";
    const string Shards = "shards";
    internal static readonly WorkFolder Work = new("annotation", RecipeFile, TextsFile, Shards);
    const int MostTokens = 256, LeastTokens = 16;

    /// <summary>Number of additional tokens that a text may have in a prompt, where it follows a space.</summary>
    const int Spare = 8;

    /// <summary>Capacity of the cache in contexts, for the prompts of several texts and their cached prefixes.</summary>
    const int Contexts = 32;

    /// <summary>Runs or resumes an annotation.</summary>
    /// <param name="recipe">The annotation.</param>
    /// <param name="device">Device that computes the models.</param>
    /// <param name="folder">Folder of the run; null: the first of runs/NAME, runs/NAME-2, -3, … that does not exist.</param>
    /// <param name="resume">Whether to resume the run in the folder. Thresholds, examples and sampling.at_once may differ.</param>
    /// <param name="progress">Receives every finished text and shard.</param>
    /// <param name="stopping">Cancelling ends the run. Finished shards are kept.</param>
    public static AnnotateResult Run(AnnotateRecipe recipe, Device device, string? folder = null, bool resume = false, IProgress<RunEvent>? progress = null,
        CancellationToken stopping = default) =>
        Work.Run(recipe.Name, folder, resume, folder => RunIn(folder, recipe, device, resume, progress, stopping));

    static AnnotateResult RunIn(string folder, AnnotateRecipe recipe, Device device, bool resume, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var opened = new Stack<IDisposable>();
        try
        {
            if (resume)
                TrainRecipe.RefuseOther(Fixed(AnnotateRecipe.Load(Path.Combine(folder, RecipeFile))).ToJson(), Fixed(recipe).ToJson(), folder,
                    mayBeSet: "thresholds, examples and sampling.at_once");
            AnnotatedTool[] tools = [.. recipe.Tools.Select(t => t.Open(device, opened, recipe.Sampling.Seed))];
            var model = LanguageModel.Open(recipe.Model, device, options: Options(recipe.Model, device));
            opened.Push(model);
            if (model.Model is not ICausalModel)
                throw new NotSupportedException($"{recipe.Model} is a {model.Model.GetType().Name}, which does not continue text; annotation needs a decoder");
            var limits = new ToolLimits { Timeout = TimeSpan.FromSeconds(recipe.Timeout), ResultCharacters = recipe.ResultCharacters };
            var annotator = new Annotator(model.Engine, model.Tokenizer, tools, recipe.Sampling, limits);
            var texts = recipe.Data.ToSource(TokensOf(recipe, model, annotator, tools)).Read(model.Tokenizer);
            var count = texts.Count(); // a pass over the texts finds errors before hours of work
            if (count == 0)
                throw new InvalidDataException($"{recipe.Data.Path}: found no text");
            AtomicFile.WriteText(Path.Combine(folder, RecipeFile), recipe.ToYaml());
            var isDone = Shard(annotator, texts, count, recipe.Shard, Path.Combine(folder, Shards), progress, stopping);
            if (!isDone)
                return new AnnotateResult { Folder = Path.GetFullPath(folder), Interrupted = true, Texts = count, Funnels = [] };
            var files = Directory.GetFiles(Path.Combine(folder, Shards), "*.jsonl").Order(StringComparer.Ordinal).ToArray();
            var funnels = AnnotationOutput.Write(folder, files, tools, recipe);
            var result = new AnnotateResult
            {
                Folder = Path.GetFullPath(folder),
                Interrupted = false,
                Texts = count,
                Funnels = funnels,
                Reasons = [.. funnels.Select((f, i) => FunnelReason.Of(f, tools[i], recipe.Sampling.CallTokens))],
                Counts = annotator.Counts,
            };
            FunnelPage.Write(result, recipe);
            return result;
        }
        finally
        {
            foreach (var one in opened)
                one.Dispose();
        }
    }

    /// <summary>The run to resume among NAME, NAME-2, NAME-3, …: the newest without texts, otherwise the newest. The path itself if none exists.</summary>
    public static string NewestUnfinished(string path) => Work.NewestUnfinished(path);

    /// <summary>Whether a folder is the folder of an annotation.</summary>
    public static bool IsAnnotation(string folder) => Work.Is(folder);

    /// <summary>Computes the missing shards. Returns whether all are complete.</summary>
    static bool Shard(Annotator annotator, IEnumerable<AnnotationText> texts, int count, int size, string folder, IProgress<RunEvent>? progress,
        CancellationToken stopping)
    {
        Directory.CreateDirectory(folder);
        var (number, done, computed, start) = (0, 0, 0, Stopwatch.GetTimestamp());
        foreach (var shard in texts.Chunk(size))
        {
            var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{number++:00000}.jsonl"));
            if (File.Exists(path))
            {
                AnnotationShard.ReadHead(path).Require(path, shard);
                done += shard.Length;
                continue;
            }
            try
            {
                AnnotationShard.Write(path, Annotated(shard).ToBlockingEnumerable(stopping).ToArray());
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return false;
            }
        }
        return true;

        async IAsyncEnumerable<AnnotatedText> Annotated(AnnotationText[] shard)
        {
            await foreach (var text in annotator.AnnotateAsync(shard, stopping).ConfigureAwait(false))
            {
                (done, computed) = (done + 1, computed + 1);
                var rate = computed / Stopwatch.GetElapsedTime(start).TotalSeconds;
                progress?.Report(new TextAnnotated(done, count, rate, TimeSpan.FromSeconds(Math.Min((count - done) / rate, 1e9))));
                yield return text;
            }
        }
    }

    /// <summary>Maximum number of tokens in a text.</summary>
    static int TokensOf(AnnotateRecipe recipe, LanguageModel model, Annotator annotator, AnnotatedTool[] tools)
    {
        var copies = tools.Max(t => t.Prompt.Copies);
        var room = model.Engine.Context - annotator.Needed("") - Spare;
        var most = room / copies;
        if (most < (recipe.Data.Tokens ?? LeastTokens))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"data.tokens: found {recipe.Data.Tokens ?? LeastTokens}; the model's context is {model.Engine.Context} tokens, of which the longest prompt "
                + $"and a call take {model.Engine.Context - room}, and the text stands in it {copies} times: expected at most {Math.Max(0, most)}; "
                + $"give shorter prompts, fewer sampling.call_tokens, or a model with a longer context"));
        }
        return recipe.Data.Tokens ?? Math.Min(MostTokens, most);
    }

    /// <summary>Engine options with a cache for the prompts of many texts, so that no prefix is computed twice.</summary>
    static EngineOptions Options(string path, Device device)
    {
        using var open = new Checkpoints.LoadedModel(path, device);
        if (open.Model is not ICachedModel cached)
            return new EngineOptions();
        using var sample = new KvCache(cached);
        var fits = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / sample.BytesPerToken;
        return new EngineOptions { CacheTokens = (int)Math.Max(KvCache.BlockSize, Math.Min((long)Contexts * open.Model.Context, fits)) };
    }

    /// <summary>A recipe without the settings that only affect which calls are kept or how fast they are computed.</summary>
    static AnnotateRecipe Fixed(AnnotateRecipe recipe) => recipe with
    {
        Name = "",
        Examples = 1,
        Thresholds = [],
        Sampling = recipe.Sampling with { AtOnce = 1 },
        Tools = [.. recipe.Tools.Select(t => t with { Threshold = null })],
    };
}
