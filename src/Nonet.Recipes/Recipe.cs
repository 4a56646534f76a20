using System.Globalization;
using System.Text.Json.Serialization;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Translation;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;

namespace Nonet.Recipes;

/// <summary>Training of a decoder as a recipe: task pretrain.</summary>
public sealed record Recipe : IRecipe
{
    internal const string TaskName = "pretrain";

    internal static TaskKind Kind { get; } = new TaskKind<Recipe>
    {
        Name = TaskName,
        Json = PretrainJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Templates = [new Recipe { Name = "", Training = new PretrainOptions { Steps = 1 } }, new PretrainOptions { Steps = 1 }, new BatchRamp()]
        },
        Complete = recipe => recipe.Completed(),
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.Sized(),
        Prepare = (recipe, progress) => recipe.Prepared(progress),
        Divide = (recipe, begun) => recipe.DividedAs(begun),
        Run = (recipe, device, where, progress, stopping) => recipe.Train(device, where, progress, stopping),
        Next = "nonet generate RUN TEXT",
        Example = recipe => ExampleText.Of(Corpus.Read(recipe.Data.ToOptions().Sources[0]).Select(d => d.Text), words: 3),
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <summary>Checkpoint to start from: a Hugging Face folder or a run folder; null: random initial weights.</summary>
    [Option(CommonKeys.From, Exists = true, Expected = CommonKeys.FromExpected)]
    [JsonPropertyOrder(2)]
    public string? From { get; init; }

    /// <summary>Shape of the model.</summary>
    [Option("Shape of the model.", Expected = "a model: kind, layers, width, heads, context")]
    [JsonPropertyOrder(3)]
    public ModelOptions? Model { get; init; }

    /// <summary>The training text.</summary>
    [Option("The training text.")]
    [JsonPropertyOrder(4)]
    public RecipeData Data { get; init; } = new();

    /// <summary>
    /// The tokenizer: bytes, a folder with a tokenizer.json, or the options of one to train first on the training text, such as {vocab:
    /// 8192}.
    /// </summary>
    [Option("The tokenizer: bytes, a folder with a tokenizer.json, or the options of one to train first on the training text, such as {vocab: 8192}.")]
    [JsonPropertyOrder(6)]
    public RecipeTokenizer? Tokenizer { get; init; } = new();

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.", Expected = "at least training.steps")]
    [JsonPropertyOrder(7)]
    public required PretrainOptions Training { get; init; }

    /// <summary>
    /// Memory that training may use: auto (six tenths of the available memory) or megabytes. The sequences of an update, batch ·
    /// accumulate, are divided into micro-batches that should fit. Null: batch and accumulate are used unchanged.
    /// </summary>
    [Option("Memory that training may use: auto (six tenths of the available memory) or megabytes. The sequences of an update, batch · accumulate, are "
        + "divided into micro-batches that should fit. Null: batch and accumulate are used unchanged.", Expected = "a whole number of megabytes, auto")]
    [JsonPropertyOrder(8)]
    [JsonPropertyName("memory_mb")]
    public MemoryLimit? Memory { get; init; }

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    /// <summary>Reads a recipe file of this task strictly: unknown keys are errors.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Settings as key=value, such as training.steps=100.</param>
    public static Recipe Load(string path, params IEnumerable<string> overrides) => TrainingRecipe.Load(path, overrides) as Recipe
        ?? throw new RecipeException($"{path}: task: found another; expected {TaskName}");

    internal static Recipe Parse(string path, string text, IEnumerable<string> overrides) => (Recipe)TrainingRecipe.Read(path, text, overrides);

    /// <summary>The options of <see cref="Pretrain"/>, including the model.</summary>
    /// <param name="vocab">Number of ids of the tokenizer; a checkpoint to start from has its own.</param>
    public PretrainOptions OptionsFor(int vocab) => Training with { Model = From is { } from ? StartModel.Open(from).Config : Shape.Config(vocab) };

    ModelOptions Shape =>
        Model ?? throw new ArgumentException(
        "model: found nothing; expected a model: kind, layers, width, heads, context; or from: a checkpoint to start from");

    /// <summary>The tokenizer if no checkpoint gives one.</summary>
    internal RecipeTokenizer Ids => Tokenizer ?? new RecipeTokenizer();

    /// <summary>The recipe with defaults filled in. With a checkpoint, its model and tokenizer replace those of the recipe.</summary>
    internal Recipe Completed() => From is null ? this with { Model = Model?.Completed(), Tokenizer = Ids } : this with { Model = null, Tokenizer = null };

    PretrainOptions Sized()
    {
        var options = OptionsFor(Ids.Vocab);
        return Memory is { } limit ? TrainingMemory.Fit(options, limit.Bytes) : options;
    }

    Recipe Prepared(IProgress<RunEvent>? progress)
    {
        if (Memory is not { } limit)
            return this;
        var fitting = TrainingMemory.Fit(OptionsFor(Ids.Vocab), limit.Bytes);
        progress?.Report(new StageStarted("memory", string.Create(CultureInfo.InvariantCulture,
            $"{fitting.Accumulate:N0} x {fitting.Batch:N0} sequences per update, estimated to need {TrainingMemory.Estimate(fitting) >> 20:N0} of "
                + $"{limit.Megabytes:N0} MB")));
        return this with { Memory = null, Training = Training with { Batch = fitting.Batch, Accumulate = fitting.Accumulate } };
    }

    Recipe DividedAs(Recipe begun) =>
        Memory is not null && Training.Batch * Training.Accumulate == begun.Training.Batch * begun.Training.Accumulate
            ? this with { Memory = null, Training = Training with { Batch = begun.Training.Batch, Accumulate = begun.Training.Accumulate } }
            : this;

    TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        using var text = RecipeText.Open(this, where.Out, where.Resume, where.Threads, progress, stopping);
        return Pretrain.Run(OptionsFor(text.Tokenizer.Vocab), text, device, where, progress, From is { } from ? StartModel.Open(from).Weights : null, stopping);
    }

    internal void Check()
    {
        var options = OptionsFor(vocab: 1);
        if (options.Model is BertConfig or TransformerConfig or T5Config)
            throw new ArgumentException(
                $"the model is a {options.Model.Kind}, which does not continue text: use a decoder, or task: "
                + $"{(options.Model is BertConfig ? MaskedRecipe.TaskName : TranslationRecipe.TaskName)}");
        options.Model.Check();
        options.Check();
        Tokenizer?.Check();
        if (Data.Sources is not null)
        {
            if (Data.Path is not null)
                throw new ArgumentException("data.path and data.sources are both set: set only one of them");
            Data.ToOptions().Check();
        }
    }
}

[JsonSerializable(typeof(Recipe))]
sealed partial class PretrainJson : JsonSerializerContext;

/// <summary>Text of a recipe and its held-out part: one <see cref="Path"/>, or several <see cref="Sources"/>.</summary>
public sealed record RecipeData
{
    /// <summary>See data.sources.path. Null, without sources: the books in data/.</summary>
    [Option("See data.sources.path. Null, without sources: the books in data/.", Exists = true,
        Expected = "a file or folder of texts (.txt, .jsonl, .parquet, plain or .gz) that exists")]
    public string? Path { get; init; }

    /// <summary>How text files under path are split into documents.</summary>
    [Option("How text files under path are split into documents.", Choices = ["file", "chapters"])]
    public DocumentCut Documents { get; init; } = DocumentCut.Chapters;

    /// <summary>Field or column with the text in JSONL and Parquet files under path.</summary>
    [Option("Field or column with the text in JSONL and Parquet files under path.")]
    public string Field { get; init; } = "text";

    /// <summary>A mixture of texts; null: only path.</summary>
    [Option("A mixture of texts; null: only path.", Expected = "a list of sources")]
    public IReadOnlyList<DataSource>? Sources { get; init; }

    /// <summary>Character encoding of text and JSONL files under path.</summary>
    [Option("Character encoding of text and JSONL files under path.")]
    public TextEncoding Encoding { get; init; }

    /// <summary>
    /// Share of the documents that is held out for evaluation and never trained on. The choice depends only on seed and the text of each
    /// document, so copies are on the same side. At least one of two or more documents is held out.
    /// </summary>
    [Option("Share of the documents that is held out for evaluation and never trained on. The choice depends only on seed and the text of each document, so "
        + "copies are on the same side. At least one of two or more documents is held out.", Least = 0, Below = 1)]
    public double Validation { get; init; } = 0.05;

    /// <summary>
    /// Seed of the choice of held-out documents. It is separate from training.seed, so that runs with different seeds are evaluated on the
    /// same text.
    /// </summary>
    [Option("Seed of the choice of held-out documents. It is separate from training.seed, so that runs with different seeds are evaluated on the same text.")]
    public ulong Seed { get; init; } = 1;

    /// <summary>The data options, with all defaults filled in.</summary>
    public DataOptions ToOptions() => new()
    {
        Sources = Sources ?? [new DataSource { Path = Path ?? DataFolder.Find(), Documents = Documents, Field = Field, Encoding = Encoding }],
        Validation = Validation,
        Seed = Seed,
    };
}
