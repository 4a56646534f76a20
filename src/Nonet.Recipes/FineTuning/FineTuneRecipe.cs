using System.Text.Json.Serialization;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>Fine-tuning of an encoder or a decoder as data: tasks classify, regress, tag, answer, choose and reward.</summary>
public sealed record FineTuneRecipe : IRecipe
{
    const string Classify = "classify", Regress = "regress", Tag = "tag", Answer = "answer", Choose = "choose", Reward = "reward";

    /// <summary>The kinds of fine-tuning, one for each task.</summary>
    internal static IReadOnlyList<TaskKind> Kinds { get; } =
    [
        KindOf(Classify, "nonet classify RUN TEXT"),
        KindOf(Regress, "nonet classify RUN TEXT"),
        KindOf(Tag, "nonet tag RUN TEXT"),
        KindOf(Answer, "nonet answer RUN \"A question?\" \"A passage.\""),
        KindOf(Choose, "nonet classify RUN \"A prompt.\" \"A choice.\" \"Another.\""),
        KindOf(Reward, "nonet reward RUN TEXT \"An answer.\" \"Another.\"", RewardDefaults),
    ];

    /// <summary>Training of a reward model: Ouyang et al. 2022, appendix C.2.</summary>
    static FineTuneOptions RewardDefaults => new()
    {
        Steps = 1,
        Batch = 64,
        Epochs = 1,
        LearningRate = 9e-6,
        WarmupShare = 0,
        Schedule = ScheduleKind.Cosine,
        Floor = 0.1,
        AdamW = new() { Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-8, WeightDecay = 0 },
    };

    static TaskKind<FineTuneRecipe> KindOf(string task, string next) => KindOf(task, next, new FineTuneOptions { Steps = 1 });

    static TaskKind<FineTuneRecipe> KindOf(string task, string next, FineTuneOptions starting) => new()
    {
        Name = task,
        Json = FineTuneJson.Default,
        Form = new RecipeForm
        {
            Task = task,
            Without = ["training.steps", "training.warmup", "training.evaluate_every", "training.save_every", $"data.{FineTuneData.TaskKey}"], // by epochs
            Kinds = new Dictionary<Type, string> { [typeof(FineTuneData)] = task },
            Templates =
            [
                new FineTuneRecipe { Name = "", From = "", Data = new PassageData { Train = new PassageOptions { Path = "" } }, Training = starting },
                starting, new LoraOptions(), new RankedData { Train = new RankingOptions { Path = "" } }, new RankingOptions { Path = "" },
                new LabelledData { Train = new LabelledTextOptions { Path = "" } }, new NumberedData { Train = new LabelledTextOptions { Path = "" } },
                new TaggedData { Train = new TaggedSentenceOptions { Path = "" } }, new PassageData { Train = new PassageOptions { Path = "" } },
                new ChoiceData { Train = new ChoiceOptions { Path = "" } },
                new LabelledTextOptions { Path = "" }, new TaggedSentenceOptions { Path = "" }, new PassageOptions { Path = "" },
                new ChoiceOptions { Path = "" }, new WindowOptions(),
            ],
        },
        IsOwn = recipe => recipe.Task == task,
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.Sized(),
        Run = (recipe, device, where, progress, stopping) => recipe.Train(device, where, progress, stopping),
        Next = next,
        Example = recipe => recipe.Example,
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <summary>The task, which follows from the data: classify, regress, tag, answer, choose or reward.</summary>
    [JsonIgnore]
    public string Task => Data switch
    {
        LabelledData => Classify,
        NumberedData => Regress,
        TaggedData => Tag,
        PassageData => Answer,
        RankedData => Reward,
        _ => Choose
    };

    /// <summary>The model to start from: a Hugging Face folder or a run folder.</summary>
    [Option("The model to start from: a Hugging Face folder or a run folder.", Expected = "the folder of a model to start from")]
    [JsonPropertyOrder(2)]
    public required string From { get; init; }

    /// <summary>Whether to take only the model's shape and tokenizer and to initialise its weights randomly, which shows the effect of pre-training.</summary>
    [Option("Whether to take only the model's shape and tokenizer and to initialise its weights randomly, which shows the effect of pre-training.")]
    [JsonPropertyOrder(2)]
    public bool Scratch { get; init; }

    /// <summary>The examples.</summary>
    [Option("The examples.", Expected = "train: the examples")]
    [JsonPropertyOrder(4)]
    public required FineTuneData Data { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public FineTuneOptions Training { get; init; } = new() { Steps = 1 }; // by epochs

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    string? Example => Data switch
    {
        LabelledData data => ExampleText.Of(LabelledTexts.Read(data.Train).Items.Select(i => i.Text), words: 12),
        NumberedData data => ExampleText.Of(LabelledTexts.Read(data.Train with { Numbers = true }).Items.Select(i => i.Text), words: 12),
        TaggedData data => ExampleText.Of(TaggedSentences.Read(data.Train).Items.Select(i => string.Join(' ', i.Words)), words: 12),
        RankedData data => ExampleText.Of(Rankings.Read(data.Train).Items.Select(r => r.Prompt), words: 12),
        _ => null,
    };

    void Check()
    {
        Training.CheckOwn();
        if (Scratch && Training.Lora is not null)
            throw new ArgumentException("scratch and training.lora are both given: an adapter would leave the random weights unchanged");
    }

    FineTuneOptions Sized() => Training with { Model = Trunk(HuggingFaceFolder.Open(ModelPath.Resolve(From))), Warmup = 0 };

    TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var path = ModelPath.Resolve(From);
        if (BaseModel.IsIn(path))
            throw new NotSupportedException($"from: {From} is a run that trained an adapter; merge it first: nonet merge MODEL {From} OUT, and start from OUT");
        var folder = HuggingFaceFolder.Open(path);
        var trunk = Trunk(folder);
        var tokenizer = Text.Tokenizer.Load(path);
        if (tokenizer.Vocab > trunk.Vocab)
            throw new MalformedFileException(path, $"a tokenizer of {tokenizer.Vocab} ids and a model of {trunk.Vocab}", "files that belong together");
        Func<ModelConfig, IWeightSource>? start = Scratch ? null
            : Data is RankedData ? config => new RewardHead(folder.WeightsForNew(config), Training.Seed)
            : folder.WeightsForNew;
        return FineTune.Run(Training, Training.Lora is null ? null : BaseModel.Of(From, path, folder.Tensors), trunk, Data.Read(ModelFile.Open(From)),
            tokenizer, device, where,
            start, progress, stopping);
    }

    ModelConfig Trunk(HuggingFaceFolder folder) => folder.Config is not (TransformerConfig or T5Config) ? folder.Config
        : throw new NotSupportedException(
            $"from: {From}: found a {folder.Config.Family}, which reads a text and writes another; expected an encoder, such as bert, or a decoder, such as "
            + $"gpt2 or llama");
}

[JsonSerializable(typeof(FineTuneRecipe))]
sealed partial class FineTuneJson : JsonSerializerContext;
