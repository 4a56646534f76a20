using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Group-relative policy optimisation as data: task grpo.</summary>
public sealed record GroupRecipe : PolicyRecipe
{
    internal static TaskKind Kind { get; } = KindOf<GroupRecipe, GroupOptions>("grpo", GroupJson.Default, recipe => recipe.Training, Grpo.Run,
        recipe => recipe with { Training = recipe.Training.Completed() },
        new GroupRecipe { Name = "", From = "", Data = new PolicyData { Prompts = "" }, Rewards = [] }, new GroupOptions(), new GroupLossOptions());

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public GroupOptions Training { get; init; } = new();
}

[JsonSerializable(typeof(GroupRecipe))]
sealed partial class GroupJson : JsonSerializerContext;
