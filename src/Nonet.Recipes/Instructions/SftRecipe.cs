using System.Text.Json.Serialization;
using Nonet.Checkpoints;
using Nonet.Data.Instructions;
using Nonet.Data.Mixtures;
using Nonet.Files;
using Nonet.Models.EncoderDecoders;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;

namespace Nonet.Recipes.Instructions;

/// <summary>Supervised fine-tuning of a decoder or an encoder-decoder as a recipe: task sft.</summary>
public sealed record SftRecipe : IRecipe
{
    internal const string TaskName = "sft";

    internal static TaskKind Kind { get; } = new TaskKind<SftRecipe>
    {
        Name = TaskName,
        Json = SftJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Without = ["training.steps", "training.warmup", "training.accumulate"], // epochs, warmup_share and pass_tokens determine them
            Templates = [new SftRecipe { Name = "", From = "", Data = new SftData { Path = "" } }, new SftData { Path = "" }, new SftOptions(),
                new LoraOptions()],
        },
        Checks = recipe => recipe.Training.Check(),
        Size = recipe => recipe.Sized(),
        Run = (recipe, device, where, progress, stopping) => recipe.Train(device, where, progress, stopping),
        Next = "nonet chat RUN",
        NextFor = recipe => recipe.IsChat ? "nonet chat RUN" : "nonet generate RUN TEXT",
        Example = recipe => recipe.First is { } first ? first.IsChat ? first.Messages.First(m => m.Role == "user").Content : first.Prompt : null,
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <summary>The model to start from: a Hugging Face folder, a .gguf file or a run folder.</summary>
    [Option("The model to start from: a Hugging Face folder, a .gguf file or a run folder.", Expected = "a model to start from")]
    [JsonPropertyOrder(2)]
    public required string From { get; init; }

    /// <summary>The examples.</summary>
    [Option("The examples.", Expected = "path: the examples")]
    [JsonPropertyOrder(4)]
    public required SftData Data { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public SftOptions Training { get; init; } = new();

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    InstructionExample? First => Data.Examples(null).FirstOrDefault();

    /// <summary>Whether the tuned model is for chat: a decoder that is tuned on conversations.</summary>
    [JsonIgnore]
    internal bool IsChat => First?.IsChat == true && Sft.OpenBase(From).Config is not (T5Config or TransformerConfig);

    SftOptions Sized() => Sft.Sized(Training, Sft.OpenBase(From));

    TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var file = Sft.OpenBase(From);
        var format = new InstructionFormat(file, Data.Template);
        var (train, heldOut) = Data.Read(format.Tokenizer);
        var result = Sft.Run(Training, From, file, format, train, heldOut, device, where, progress, stopping);
        if (train is InstructionMixture mixture)
            AtomicFile.WriteText(Path.Combine(where.Out, MixtureManifest.FileName), MixtureManifest.Json(mixture, (long)result.Step * Training.Batch));
        return result;
    }
}

[JsonSerializable(typeof(SftRecipe))]
sealed partial class SftJson : JsonSerializerContext;
