using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nonet.Evaluation.Runs;

/// <summary>What a run folder holds, in snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CachedResult))]
[JsonSerializable(typeof(ItemResult))]
[JsonSerializable(typeof(EvaluationInfo))]
sealed partial class EvaluationJson : JsonSerializerContext
{
    /// <summary>An object a line, its text readable.</summary>
    public static EvaluationJson Lines { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
