using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Nonet.Alignment;
using Nonet.Alignment.Rewards;
using Nonet.Data;
using Nonet.Data.Generated;
using Nonet.Data.Instructions;
using Nonet.Data.Masked;
using Nonet.Data.Mixtures;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Tasks;
using Nonet.Evaluation.Tasks.Generated;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Recipes.Alignment;
using Nonet.Recipes.Annotation;
using Nonet.Recipes.Scaling;
using Nonet.Scaling.Runs;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;

namespace Nonet.Recipes;

/// <summary>
/// The records of recipes as JSON in snake case. Checkpoints and run folders store it, and YAML is bound through it. Each kind of training
/// adds the metadata of its own records.
/// </summary>
static class RecipeJson
{
    public static JsonSerializerOptions Options { get; } = Made();

    /// <summary>Metadata of a type; null if it is not part of a recipe.</summary>
    public static JsonTypeInfo? TypeOf(Type type) => Options.TryGetTypeInfo(type, out var known) ? known : null;

    public static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    static JsonSerializerOptions Made()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = true,
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. TaskKind.All.Select(k => k.Json).Distinct(), CommonJson.Default]),
            Converters =
            {
                new SnakeCase<ScheduleKind>(), new SnakeCase<OnDivergence>(), new SnakeCase<SweepPlan>(), new SnakeCase<RateRule>(),
                new SnakeCase<HeldOutRuns>(), new SnakeCase<ParameterCounting>(),
                new SnakeCase<DataFormat>(), new SnakeCase<DocumentCut>(), new SnakeCase<DataSplit>(), new SnakeCase<TextEncoding>(),
                new SnakeCase<TaskFormat>(), new SnakeCase<ParallelTextFormat>(),
                new SnakeCase<SentencePacking>(), new SnakeCase<SentenceCut>(), new SnakeCase<SplitPattern>(), new SnakeCase<UnigramNormalization>(),
                new SnakeCase<Activation>(), new SnakeCase<ModelHead>(), new SnakeCase<NormPlacement>(), new SnakeCase<PositionKind>(),
                new SnakeCase<EvaluationKind>(), new SnakeCase<ChoiceScore>(), new SnakeCase<ExemplarChoice>(), new SnakeCase<RecordFormat>(),
                new SnakeCase<ItemFamily>(), new SnakeCase<AnswerKind>(), new SnakeCase<Reasoning>(),
                new SnakeCase<MixturePreset>(), new SnakeCase<TemplateFamily>(), new SnakeCase<ChosenTexts>(),
                new SnakeCase<InstructionLayout>(), new SnakeCase<LongExample>(),
                new SnakeCase<RewardNormalization>(), new SnakeCase<EnsembleReward>(), new SnakeCase<CriticHead>(),
                new SnakeCase<PreferenceLossKind>(), new SnakeCase<GroupVariant>(), new SnakeCase<TokenMean>(),
            },
        };
        options.MakeReadOnly();
        return options;
    }
}

[JsonSerializable(typeof(SweepRecipe))]
[JsonSerializable(typeof(EvaluationTask))]
[JsonSerializable(typeof(MixtureOptions))]
[JsonSerializable(typeof(AnnotateRecipe))]
[JsonSerializable(typeof(TokenizerTrainerOptions))]
sealed partial class CommonJson : JsonSerializerContext;

/// <summary>An enumeration with names such as by_document, or with the names given to its members.</summary>
sealed class SnakeCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower) where T : struct, Enum;
