using System.Globalization;
using System.Text.Json.Serialization;
using Nonet.Data.Pairs;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Models;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.Bpe;

namespace Nonet.Recipes.Translation;

/// <summary>Training of a translation model as a recipe: task translate.</summary>
public sealed record TranslationRecipe : IRecipe
{
    internal const string TaskName = "translate";
    const string TokenizerFolder = "tokenizer";

    internal static TaskKind Kind { get; } = new TaskKind<TranslationRecipe>
    {
        Name = TaskName,
        Json = TranslationJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Templates =
            [
                new TranslationRecipe { Name = "", Data = new TranslationData { Train = new ParallelTextOptions() },
                    Training = new TranslationOptions { Steps = 1 } },
                new TranslationData { Train = new ParallelTextOptions() }, new ParallelTextOptions(), new TranslationOptions { Steps = 1 },
                new BpeTrainerOptions { Special = ["</s>", "<pad>"], EndMark = true }, // targets end with a special token
            ],
        },
        Complete = recipe => recipe.Completed(),
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.OptionsFor(recipe.Ids.Vocab, startToken: 0),
        Run = (recipe, device, where, progress, stopping) => recipe.Train(device, where, progress, stopping),
        Next = "echo TEXT | nonet translate RUN",
        Example = recipe => ExampleText.Of(ParallelText.Read(recipe.Data.Train).Pairs.Take(100).Select(p => p.Source), words: 12),
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <summary>Checkpoint to start from: a Hugging Face folder or a run folder; null: random initial weights.</summary>
    [Option(CommonKeys.From, Exists = true, Expected = CommonKeys.FromExpected)]
    [JsonPropertyOrder(2)]
    public string? From { get; init; }

    /// <summary>Shape of the model, with kind: transformer.</summary>
    [Option("Shape of the model, with kind: transformer.", Expected = "a model: kind, layers, width, heads, context")]
    [JsonPropertyOrder(3)]
    public ModelOptions? Model { get; init; }

    /// <summary>Sentences and their translations.</summary>
    [Option("Sentences and their translations.", Expected = "train: the pairs to train on")]
    [JsonPropertyOrder(4)]
    public required TranslationData Data { get; init; }

    /// <summary>
    /// The tokenizer of both sides: a folder with a tokenizer.json, or the options of one to train on sources and targets, such as {vocab:
    /// 8192}.
    /// </summary>
    [Option("The tokenizer of both sides: a folder with a tokenizer.json, or the options of one to train on sources and targets, such as {vocab: 8192}.")]
    [JsonPropertyOrder(6)]
    public RecipeTokenizer? Tokenizer { get; init; } = new();

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.", Expected = "at least training.steps")]
    [JsonPropertyOrder(7)]
    public required TranslationOptions Training { get; init; }

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    /// <summary>The options, including the model.</summary>
    /// <param name="tokenizer">Tokenizer of the model. Its padding token, or its end token if it has none, begins targets.</param>
    internal TranslationOptions OptionsFor(Tokenizer tokenizer) => OptionsFor(tokenizer.Vocab, tokenizer.IdOf("<pad>") ?? tokenizer.EndOfText);

    TranslationOptions OptionsFor(int vocab, int startToken) => Training with
    {
        Model = From is { } from ? StartModel.Open(from).Config : Model switch
        {
            TransformerOptions transformer => transformer.Config(vocab, startToken),
            null => throw new ArgumentException(
                "model: found nothing; expected a model: kind, layers, width, heads, context; or from: a checkpoint to start from"),
            var other => other.Config(vocab),
        },
    };

    RecipeTokenizer Ids => Tokenizer ?? new RecipeTokenizer();

    /// <summary>The recipe with defaults filled in. With a checkpoint, its model and tokenizer replace those of the recipe.</summary>
    TranslationRecipe Completed() => From is null ? this with { Model = Model?.Completed(), Tokenizer = Ids } : this with { Model = null, Tokenizer = null };

    void Check()
    {
        var options = OptionsFor(ModelConfig.MostOfAnything, startToken: 0);
        options.Model.Check();
        options.Check();
        Tokenizer?.Check();
        Data.Check();
    }

    TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (train, heldOut) = Data.Read();
        var tokenizer = OpenTokenizer(train, where, progress, stopping);
        var options = OptionsFor(tokenizer);
        var (trainPairs, heldOutPairs) = (Encode(train), Encode(heldOut));
        progress?.Report(new StageStarted("pairs", string.Create(CultureInfo.InvariantCulture,
            $"{trainPairs.Count:N0} for training ({trainPairs.SourceTokens:N0} source and {trainPairs.TargetTokens:N0} target tokens), "
                + $"{heldOutPairs.Count:N0} held out")));
        if (train.Dropped + heldOut.Dropped is > 0 and var dropped)
            progress?.Report(new StageStarted("skipped", $"{Counted.Of(dropped, "pair")} with an empty side"));
        if (trainPairs.Cut + heldOutPairs.Cut is > 0 and var cut)
            progress?.Report(new StageStarted("truncated",
                string.Create(CultureInfo.InvariantCulture,
                $"{Counted.Of(cut, "pair")} with a side of more than {options.Model.MaxLength:N0} tokens, the model's context")));
        return TrainTranslation.Run(options, new TranslationText(tokenizer, trainPairs, heldOutPairs, heldOut.Pairs), device, where, progress,
            From is { } from ? StartModel.Open(from).Weights : null, stopping);

        TokenPairs Encode(TranslationPairs pairs) => TokenPairs.Encode(pairs.Pairs, tokenizer, options.Model.MaxLength, where.Threads, stopping);
    }

    /// <summary>The tokenizer of both sides: from a folder, or trained on sources and targets.</summary>
    Tokenizer OpenTokenizer(TranslationPairs train, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var trained = Path.Combine(where.Out, TokenizerFolder);
        var tokenizer = Ids.Open(From, trained, where.Resume,
            options => RecipeText.TrainTokenizer(train.Pairs.SelectMany(p => new[] { p.Source, p.Target }), options, trained, where.Threads, progress,
                stopping));
        if (!tokenizer.HasEndOfText)
            throw new MalformedFileException(From ?? Ids.Folder!, "no end token in the tokenizer",
                "a tokenizer whose tokenizer_config.json names its eos_token, with which targets end");
        if (From is null && Model?.Vocab < tokenizer.Vocab)
            throw new ArgumentException($"model.vocab is {Model.Vocab}; expected at least the tokenizer's {tokenizer.Vocab}");
        return tokenizer;
    }
}

[JsonSerializable(typeof(TranslationRecipe))]
sealed partial class TranslationJson : JsonSerializerContext;
