using System.Text.Json.Serialization;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Rejection sampling as data: task rejection. The policy is trained on the best of several answers to each prompt.</summary>
public sealed record RejectionRecipe : PolicyRecipe
{
    internal static TaskKind Kind { get; } = KindOf<RejectionRecipe, RejectionOptions>("rejection", RejectionJson.Default, recipe => recipe.Training,
        Rejection.Run, null, new RejectionRecipe { Name = "", From = "", Data = new PolicyData { Prompts = "" }, Rewards = [] }, new RejectionOptions());

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public RejectionOptions Training { get; init; } = new();
}

[JsonSerializable(typeof(RejectionRecipe))]
sealed partial class RejectionJson : JsonSerializerContext;
