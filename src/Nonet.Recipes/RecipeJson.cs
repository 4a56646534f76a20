using System.Text.Json;
using System.Text.Json.Serialization;
using Nonet.Data;
using Nonet.Data.Masked;
using Nonet.Data.Tasks;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Scaling;
using Nonet.Recipes.Translation;
using Nonet.Scaling.Runs;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;

namespace Nonet.Recipes;

/// <summary>The records of recipes as JSON, in snake case: what checkpoints and run folders keep, and what YAML is bound by.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, Converters =
[
    typeof(SnakeCase<ScheduleKind>), typeof(SnakeCase<OnDivergence>), typeof(SnakeCase<SweepPlan>), typeof(SnakeCase<RateRule>), typeof(SnakeCase<HeldOutRuns>), typeof(SnakeCase<ParameterCounting>),
    typeof(SnakeCase<DataFormat>), typeof(SnakeCase<DocumentCut>), typeof(SnakeCase<DataSplit>), typeof(SnakeCase<TextEncoding>), typeof(SnakeCase<TaskFormat>), typeof(SnakeCase<ParallelTextFormat>),
    typeof(SnakeCase<SentencePacking>), typeof(SnakeCase<SentenceCut>), typeof(SnakeCase<SplitPattern>), typeof(SnakeCase<UnigramNormalization>),
    typeof(SnakeCase<Activation>), typeof(SnakeCase<BertHead>), typeof(SnakeCase<NormPlacement>), typeof(SnakeCase<PositionKind>),
])]
[JsonSerializable(typeof(Recipe))]
[JsonSerializable(typeof(TranslationRecipe))]
[JsonSerializable(typeof(MaskedRecipe))]
[JsonSerializable(typeof(FineTuneRecipe))]
[JsonSerializable(typeof(SweepRecipe))]
[JsonSerializable(typeof(TokenizerTrainerOptions))]
sealed partial class RecipeJson : JsonSerializerContext;

/// <summary>An enumeration by names such as by_document, or those that its members are given.</summary>
sealed class SnakeCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower) where T : struct, Enum;
