using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.Yaml;
using Nonet.Text;

namespace Nonet.Recipes.Sequences;

/// <summary>Training of a decoder on generated sequences as data: task sequences.</summary>
public sealed record SequenceRecipe : IRecipe
{
    internal const string TaskName = "sequences";

    internal static TaskKind Kind { get; } = new TaskKind<SequenceRecipe>
    {
        Name = TaskName,
        Json = SequenceJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Templates =
            [
                new SequenceRecipe { Name = "", Model = new GptOptions(), Data = new MappingData(), Training = new SequenceTrainingOptions { Steps = 1 } },
                new SequenceTrainingOptions { Steps = 1 }, new MappingData(), new ChainData(),
            ],
        },
        Complete = recipe => recipe with { Model = recipe.Model.Completed() },
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.Options,
        Run = (recipe, device, where, progress, stopping) => TrainSequences.Run(recipe.Options, recipe.Data.Generator, device, where, progress, stopping),
        Next = "nonet generate RUN TEXT",
        Example = recipe => recipe.Data.Generator.Sequence(0, 0, heldOut: true)[0].Text,
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <summary>Shape of the model, a decoder over bytes.</summary>
    [Option("Shape of the model, a decoder over bytes.", Expected = "a model: kind, layers, width, heads, context")]
    [JsonPropertyOrder(2)]
    public required ModelOptions Model { get; init; }

    /// <summary>Kind and settings of the sequences.</summary>
    [Option("Kind and settings of the sequences.", Expected = "kind: mappings or chain")]
    [JsonPropertyOrder(3)]
    public required SequenceData Data { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.", Expected = "at least training.steps")]
    [JsonPropertyOrder(4)]
    public required SequenceTrainingOptions Training { get; init; }

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    /// <summary>The options, including the model.</summary>
    SequenceTrainingOptions Options => Training with { Model = Model.Config(new ByteTokenizer().Vocab) };

    void Check()
    {
        var options = Options;
        if (options.Model is BertConfig or TransformerConfig or T5Config)
            throw new ArgumentException($"model.kind is {options.Model.Kind}, which does not continue text; expected a decoder");
        options.Model.Check();
        options.Check();
        Data.Check();
    }
}

/// <summary>Settings that determine the result of <see cref="TrainSequences"/>, together with the sequences.</summary>
public sealed record SequenceTrainingOptions : TrainingOptions
{
    /// <summary>Sequences per micro-batch.</summary>
    [Option("Sequences per micro-batch.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 32;

    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch => ((long)Batch * Model.MaxLength, (long)Batch * Model.MaxLength);
}

[JsonSerializable(typeof(SequenceRecipe))]
sealed partial class SequenceJson : JsonSerializerContext;
