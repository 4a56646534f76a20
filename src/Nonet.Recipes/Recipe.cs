using System.Globalization;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Translation;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Text;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes;

/// <summary>The training of a decoder as data: task pretrain.</summary>
public sealed record Recipe : TrainingRecipe
{
    internal const string TaskName = "pretrain";

    /// <summary>A checkpoint to start from: its model, tokenizer and weights are taken. Null: the weights are drawn.</summary>
    public string? From { get; init; }

    public RecipeData Data { get; init; } = new();

    /// <summary>Everything else that determines the result; the model is put in when the tokenizer is known.</summary>
    public required PretrainOptions Training { get; init; }

    /// <summary>Bytes that training may take: an update is divided into micro-batches that are estimated to fit, see <see cref="TrainingMemory.Fit"/>; null: as the options say.</summary>
    public long? Memory { get; init; }

    public override string Next => "nonet generate RUN TEXT";

    internal override string? Example => ExampleText.Of(Corpus.Read(Data.ToOptions().Sources[0]).Select(d => d.Text), words: 3);

    /// <summary>Reads a file of this task, strictly: see <see cref="RecipeSections"/> for the keys.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value, such as training.steps=100.</param>
    public static new Recipe Load(string path, params IEnumerable<string> overrides) => TrainingRecipe.Load(path, overrides) as Recipe
        ?? throw new RecipeException($"{path}: task: found another; expected {TaskName}");

    internal static Recipe Parse(string path, string text, IEnumerable<string> overrides) => (Recipe)TrainingRecipe.Read(path, text, overrides);

    /// <summary>The options of <see cref="Pretrain"/> with the model in them.</summary>
    /// <param name="vocab">Ids of the tokenizer.</param>
    public PretrainOptions OptionsFor(int vocab) => Training with { Model = From is { } from ? StartModel.Open(from).Config : Model.Vocab == 0 ? Model with { Vocab = vocab } : Model };

    internal override YamlMappingNode Write() => RecipeSections.Recipe.Write(this);

    internal override TrainingOptions Sized() => Memory is { } limit ? TrainingMemory.Fit(OptionsFor(Tokenizer.Vocab), limit) : OptionsFor(Tokenizer.Vocab);

    internal override TrainingRecipe Prepared(IProgress<RunEvent>? progress)
    {
        if (Memory is not { } limit)
            return this;
        var fitting = TrainingMemory.Fit(OptionsFor(From is null ? Tokenizer.Vocab : 0), limit);
        progress?.Report(new StageStarted("memory", string.Create(CultureInfo.InvariantCulture,
            $"{fitting.Accumulate:N0} x {fitting.Batch:N0} sequences an update, estimated to take {TrainingMemory.Estimate(fitting) >> 20:N0} of {limit >> 20:N0} MB")));
        return this with { Memory = null, Training = Training with { Batch = fitting.Batch, Accumulate = fitting.Accumulate } };
    }

    internal override TrainingRecipe DividedAs(TrainingRecipe begun) =>
        Memory is not null && begun is Recipe b && Training.Batch * Training.Accumulate == b.Training.Batch * b.Training.Accumulate
            ? this with { Memory = null, Training = Training with { Batch = b.Training.Batch, Accumulate = b.Training.Accumulate } }
            : this;

    internal override TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        using var text = RecipeText.Open(this, where.Out, where.Resume, where.Threads, progress, stopping);
        return Pretrain.Run(OptionsFor(text.Tokenizer.Vocab), text, device, where, progress, stopping, From is { } from ? StartModel.Open(from).Weights : null);
    }

    internal override void Check()
    {
        if (From is null && ReferenceEquals(Model, RecipeSections.Unset))
            throw new ArgumentException("model: found nothing; expected a model: kind, layers, width, heads, context; or from: a checkpoint to start from");
        var options = OptionsFor(vocab: 1);
        if (options.Model is BertConfig or TransformerConfig or T5Config)
            throw new ArgumentException($"the model is a {options.Model.Kind}, which continues no text: a decoder is needed, or task: {(options.Model is BertConfig ? MaskedRecipe.TaskName : TranslationRecipe.TaskName)}");
        options.Model.Check();
        options.Check();
        CheckTokenizer();
        if (Data.Sources is not null)
        {
            if (Data.Path is not null)
                throw new ArgumentException("data.path and data.sources are both given: one of the two is needed");
            Data.ToOptions().Check();
        }
    }
}

/// <summary>Where the text comes from and what of it is held out: one <see cref="Path"/>, or several <see cref="Sources"/>.</summary>
public sealed record RecipeData
{
    /// <summary>See <see cref="DataSource.Path"/>; null, without sources: the repository's data/.</summary>
    public string? Path { get; init; }

    /// <summary>How text files under <see cref="Path"/> are cut into documents.</summary>
    public DocumentCut Documents { get; init; } = DocumentCut.Chapters;

    /// <summary>The text in JSONL and Parquet files under <see cref="Path"/>.</summary>
    public string Field { get; init; } = "text";

    /// <summary>A mixture of texts; null: <see cref="Path"/> alone.</summary>
    public IReadOnlyList<DataSource>? Sources { get; init; }

    /// <summary>See <see cref="DataSource.Encoding"/>.</summary>
    public TextEncoding Encoding { get; init; }

    /// <summary>See <see cref="DataOptions.Validation"/>.</summary>
    public double Validation { get; init; } = 0.05;

    /// <summary>See <see cref="DataOptions.Seed"/>.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The same with every default filled in.</summary>
    public DataOptions ToOptions() => new()
    {
        Sources = Sources ?? [new DataSource { Path = Path ?? DataFolder.Find(), Documents = Documents, Field = Field, Encoding = Encoding }],
        Validation = Validation,
        Seed = Seed,
    };
}

/// <summary>What turns text into ids: bytes, unless one of these is given.</summary>
public sealed record RecipeTokenizer
{
    /// <summary>A folder with tokenizer.json.</summary>
    public string? Folder { get; init; }

    /// <summary>One that the run trains on its training text first.</summary>
    public TokenizerTrainerOptions? Train { get; init; }

    /// <summary>Number of ids; of one that is yet to be trained, the most it can have.</summary>
    internal int Vocab => Train?.Vocab ?? (Folder is { } folder ? Tokenizer.Load(folder) : new ByteTokenizer()).Vocab;
}
