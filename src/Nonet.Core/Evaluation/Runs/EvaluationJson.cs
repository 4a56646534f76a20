using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nonet.Evaluation.Runs;

/// <summary>JSON of the files in an evaluation's folder, with snake-case names.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CachedResult))]
[JsonSerializable(typeof(ItemResult))]
[JsonSerializable(typeof(EvaluationInfo))]
sealed partial class EvaluationJson : JsonSerializerContext
{
    /// <summary>One object per line, without escapes of readable characters.</summary>
    public static EvaluationJson Lines { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
