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

/// <summary>The training of a translation model as data: task translate.</summary>
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
                new TranslationRecipe { Name = "", Data = new TranslationData { Train = new ParallelTextOptions() }, Training = new TranslationOptions { Steps = 1 } },
                new TranslationData { Train = new ParallelTextOptions() }, new ParallelTextOptions(), new TranslationOptions { Steps = 1 },
                new BpeTrainerOptions { Special = ["</s>", "<pad>"], EndMark = true }, // targets end with a mark
            ],
        },
        Complete = recipe => recipe.Completed(),
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.OptionsFor(recipe.From is null ? recipe.Ids.Vocab : 0, startToken: 0),
        Run = (recipe, device, where, progress, stopping) => recipe.Train(device, where, progress, stopping),
        Next = "echo TEXT | nonet translate RUN",
        Example = recipe => ExampleText.Of(ParallelText.Read(recipe.Data.Train).Pairs.Take(100).Select(p => p.Source), words: 12),
    };

    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    [Option(CommonKeys.From, Exists = true, Expected = CommonKeys.FromExpected)]
    [JsonPropertyOrder(2)]
    public string? From { get; init; }

    [Option("Shape of the model: kind: transformer.", Expected = "a model: kind, layers, width, heads, context")]
    [JsonPropertyOrder(3)]
    public ModelOptions? Model { get; init; }

    [Option("Sentences and their translations.", Expected = "train: the pairs to train on")]
    [JsonPropertyOrder(4)]
    public required TranslationData Data { get; init; }

    [Option("One vocabulary of both sides: a folder with a tokenizer.json; or one to train on sources and targets, such as {vocab: 8192}.")]
    [JsonPropertyOrder(6)]
    public RecipeTokenizer? Tokenizer { get; init; } = new();

    [Option("Everything else that determines the result.", Expected = "at least training.steps")]
    [JsonPropertyOrder(7)]
    public required TranslationOptions Training { get; init; }

    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    /// <summary>The options with the model in them.</summary>
    /// <param name="tokenizer">Its ids are the model's, and its padding mark, else its end mark, begins targets.</param>
    internal TranslationOptions OptionsFor(Tokenizer tokenizer) => OptionsFor(tokenizer.Vocab, tokenizer.IdOf("<pad>") ?? tokenizer.EndOfText);

    TranslationOptions OptionsFor(int vocab, int startToken) => Training with
    {
        Model = From is { } from ? StartModel.Open(from).Config : Model switch
        {
            TransformerOptions transformer => transformer.Config(vocab, startToken),
            null => throw new ArgumentException("model: found nothing; expected a model: kind, layers, width, heads, context; or from: a checkpoint to start from"),
            var other => other.Config(vocab),
        },
    };

    RecipeTokenizer Ids => Tokenizer ?? new RecipeTokenizer();

    /// <summary>A checkpoint has its own model and tokenizer, whatever the recipe says.</summary>
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
            $"{trainPairs.Count:N0} to train on ({trainPairs.SourceTokens:N0} source and {trainPairs.TargetTokens:N0} target tokens), {heldOutPairs.Count:N0} held out")));
        if (train.Dropped + heldOut.Dropped is > 0 and var dropped)
            progress?.Report(new StageStarted("passed over", string.Create(CultureInfo.InvariantCulture, $"{dropped:N0} pair(s) with an empty side")));
        if (trainPairs.Cut + heldOutPairs.Cut is > 0 and var cut)
            progress?.Report(new StageStarted("cut", string.Create(CultureInfo.InvariantCulture, $"{cut:N0} pair(s) with a side of more than {options.Model.MaxLength:N0} tokens, the model's context")));
        return TrainTranslation.Run(options, new TranslationText(tokenizer, trainPairs, heldOutPairs, heldOut.Pairs), device, where, progress, From is { } from ? StartModel.Open(from).Weights : null, stopping);

        TokenPairs Encode(TranslationPairs pairs) => TokenPairs.Encode(pairs.Pairs, tokenizer, options.Model.MaxLength, where.Threads, stopping);
    }

    /// <summary>One vocabulary of both sides: that of a folder, or one trained on sources and targets.</summary>
    Tokenizer OpenTokenizer(TranslationPairs train, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var trained = Path.Combine(where.Out, TokenizerFolder);
        var tokenizer = Ids.Open(From, trained, where.Resume,
            options => RecipeText.TrainTokenizer(train.Pairs.SelectMany(p => new[] { p.Source, p.Target }), options, trained, where.Threads, progress, stopping));
        if (!tokenizer.HasEndOfText)
            throw new MalformedFileException(From ?? Ids.Folder!, "no end mark in the tokenizer", "one that names its eos_token in tokenizer_config.json: targets end with it");
        if (From is null && Model?.Vocab < tokenizer.Vocab)
            throw new ArgumentException($"model.vocab is {Model.Vocab}: at least the tokenizer's {tokenizer.Vocab} is needed");
        return tokenizer;
    }
}

[JsonSerializable(typeof(TranslationRecipe))]
sealed partial class TranslationJson : JsonSerializerContext;
