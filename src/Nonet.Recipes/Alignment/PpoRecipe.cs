using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Reinforcement learning from rewards as data: task ppo.</summary>
public sealed record PpoRecipe : PolicyRecipe
{
    internal static TaskKind Kind { get; } = KindOf<PpoRecipe, PpoOptions>("ppo", PpoJson.Default, recipe => recipe.Training, Ppo.Run, null,
        new PpoRecipe { Name = "", From = "", Data = new PolicyData { Prompts = "" }, Rewards = [] }, new PpoOptions(), new KlOptions(), new PretrainingMix());

    /// <summary>
    /// Folder of the reward model from which the critic starts; null: the first reward that is a decoder with the policy's tokenizer, otherwise the policy's
    /// initial weights.
    /// </summary>
    [Option("Folder of the reward model from which the critic starts; null: the first reward that is a decoder with the policy's tokenizer, otherwise "
    + "the policy's initial weights.", Expected = "the folder of a reward model")]
    [JsonPropertyOrder(6)]
    public string? Critic { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public PpoOptions Training { get; init; } = new();
}

[JsonSerializable(typeof(PpoRecipe))]
sealed partial class PpoJson : JsonSerializerContext;
