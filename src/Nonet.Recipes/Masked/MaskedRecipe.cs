using System.Globalization;
using System.Text.Json.Serialization;
using Nonet.Checkpoints;
using Nonet.Data.Corpora;
using Nonet.Data.Masked;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Recipes.Masked;

/// <summary>Pre-training of a BERT as a recipe: task masked.</summary>
public sealed record MaskedRecipe : IRecipe
{
    internal const string TaskName = "masked";
    const string TokenizerFolder = "tokenizer", Pointer = "text";

    internal static TaskKind Kind { get; } = new TaskKind<MaskedRecipe>
    {
        Name = TaskName,
        Json = MaskedJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Templates =
            [
                new MaskedRecipe { Name = "", Training = new MaskedTrainingOptions { Steps = 1 } }, new SentenceOptions(),
                new MaskedTrainingOptions { Steps = 1 }, new MaskedOptions(), new MaskingOptions(),
            ],
        },
        Complete = recipe => recipe.Completed(),
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.Training with { Model = recipe.ModelFor((recipe.Tokenizer ?? new RecipeTokenizer()).Vocab) },
        Run = (recipe, device, where, progress, stopping) => recipe.Train(device, where, progress, stopping),
        Next = "nonet fill-mask RUN MASKED",
        Example = recipe => ExampleText.Of(Corpus.Read(recipe.Data.ToOptions().Sources[0]).Select(d => d.Text), words: 8),
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <summary>A checkpoint to continue from; the run uses its model and tokenizer. Null: random initial weights.</summary>
    [Option("A checkpoint to continue from; the run uses its model and tokenizer. Null: random initial weights.", Exists = true,
        Expected = "the folder of an existing model")]
    [JsonPropertyOrder(2)]
    public string? From { get; init; }

    /// <summary>Shape of the model, with kind: bert or kind: roberta. Null: that of the checkpoint, or BERT-base.</summary>
    [Option("Shape of the model, with kind: bert or kind: roberta. Null: that of the checkpoint, or BERT-base.",
        Expected = "a model: kind, layers, width, heads, context")]
    [JsonPropertyOrder(3)]
    public ModelOptions? Model { get; init; }

    /// <summary>The training text.</summary>
    [Option("The training text.")]
    [JsonPropertyOrder(4)]
    public RecipeData Data { get; init; } = new();

    /// <summary>How documents are split into sentences.</summary>
    [Option("How documents are split into sentences.")]
    [JsonPropertyOrder(5)]
    public SentenceOptions Sentences { get; init; } = new();

    /// <summary>
    /// The tokenizer: a folder with a tokenizer.json, or the options of one to train first on the training text, such as {model: wordpiece,
    /// vocab: 8192}. Null: the tokenizer of the checkpoint.
    /// </summary>
    [Option("The tokenizer: a folder with a tokenizer.json, or the options of one to train first on the training text, such as {model: wordpiece, vocab: "
        + "8192}. Null: the tokenizer of the checkpoint.")]
    [JsonPropertyOrder(6)]
    public RecipeTokenizer? Tokenizer { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.", Expected = "at least training.steps")]
    [JsonPropertyOrder(7)]
    public required MaskedTrainingOptions Training { get; init; }

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    /// <summary>The recipe with defaults filled in. With a checkpoint, its model and tokenizer replace those of the recipe.</summary>
    MaskedRecipe Completed() =>
        From is null ? this with { Model = (Model ?? new BertOptions()).Completed(), Tokenizer = Tokenizer ?? new RecipeTokenizer() }
        : this with { Model = null, Tokenizer = null };

    void Check()
    {
        var model = ModelFor(vocab: 1);
        model.Check();
        (Training with { Model = model }).Check();
        Sentences.Check();
        Tokenizer?.Check();
        if (Data.Sources is not null)
            Data.ToOptions().Check();
    }

    TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var tokenizer = OpenTokenizer(where, progress, stopping);
        using var data = OpenData(tokenizer, where, progress, stopping);
        var options = Training with { Model = ModelFor(tokenizer.Vocab) };
        if (options.Model.Vocab < tokenizer.Vocab)
            throw new ArgumentException($"the model's vocab is {options.Model.Vocab}; expected at least the tokenizer's {tokenizer.Vocab}");
        var start = From is { } folder ? HuggingFaceFolder.Open(Checkpoints.ModelPath.Resolve(folder)).WeightsForNew(options.Model) : null;
        return PretrainMasked.Run(options, data, device, where, start, progress, stopping);
    }

    /// <summary>The model of the recipe or of its checkpoint, with the heads for pre-training.</summary>
    BertConfig ModelFor(int vocab)
    {
        if (From is not { } folder)
        {
            var shape = (Model ?? new BertOptions()).Config(vocab);
            return shape as BertConfig
                ?? throw new ArgumentException($"the model is a {shape.Kind} without a head for masked tokens; expected bert or roberta");
        }
        var config = HuggingFaceFolder.Open(Checkpoints.ModelPath.Resolve(folder)).Config as BertConfig
            ?? throw new ArgumentException($"from: {folder}: found another kind of model; expected a bert or roberta");
        return config.Head is ModelHead.Masked or ModelHead.PreTraining ? config
            : config with { Head = config is RobertaConfig || Training.Sequences.Packing != SentencePacking.Pairs ? ModelHead.Masked : ModelHead.PreTraining };
    }

    Tokenizer OpenTokenizer(RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var trained = Path.Combine(where.Out, TokenizerFolder);
        var tokenizer = Tokenizer ?? new RecipeTokenizer();
        if (From is null && tokenizer is { Folder: null, Train: null })
            throw new ArgumentException(
                "tokenizer is bytes, which has no mask token: expected a folder, or one to train, such as {model: wordpiece, vocab: 8192}");
        return tokenizer.Open(From, trained, where.Resume, train =>
            RecipeText.TrainTokenizer(Data.ToOptions(), train, trained, where.Threads, progress, stopping));
    }

    MaskedData OpenData(Tokenizer tokenizer, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var pointer = Path.Combine(where.Out, Pointer);
        if (where.Resume && File.Exists(pointer) && Path.Combine(where.Out, File.ReadAllText(pointer).Trim()) is var begun && Directory.Exists(begun))
            return MaskedData.Open(begun, tokenizer);
        var cache = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(where.Out))!, "tokens");
        var data = MaskedData.Build(Data.ToOptions(), Sentences, tokenizer, cache, where.Threads,
            progress is null ? null : new RecipeText.ReadingReport(progress), stopping);
        AtomicFile.WriteText(pointer, Path.GetRelativePath(where.Out, data.FullPath) + "\n");
        progress?.Report(new StageStarted("text", string.Create(CultureInfo.InvariantCulture,
            $"{data.Train.Sentences:N0} sentences in {data.Train.Documents:N0} documents for training, {data.HeldOut.Sentences:N0} in "
                + $"{data.HeldOut.Documents:N0} held out")));
        if (data.Train.CutSentences + data.HeldOut.CutSentences is > 0 and var cut)
            progress?.Report(new StageStarted("split",
                string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(cut, "sentence")} of more than {Sentences.Longest:N0} tokens")));
        if (data.Broken is { Count: > 0 } broken)
            progress?.Report(new StageStarted("skipped",
                string.Create(CultureInfo.InvariantCulture,
                $"{broken[0]}{(broken.Count > 1 ? $" and {broken.Count - 1:N0} more; tokens/.../broken.txt lists them" : "")}")));
        return data;
    }
}

[JsonSerializable(typeof(MaskedRecipe))]
sealed partial class MaskedJson : JsonSerializerContext;
