using System.Text.Json.Serialization;
using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Alignment;

/// <summary>Rejection sampling as data: task rejection. The best of several answers to each prompt is trained on.</summary>
public sealed record RejectionRecipe : IRecipe
{
    internal const string TaskName = "rejection";

    internal static TaskKind Kind { get; } = new TaskKind<RejectionRecipe>
    {
        Name = TaskName,
        Json = RejectionJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Without = [.. PolicyOptions.Decided],
            Templates = [new RejectionRecipe { Name = "", From = "", Data = new PolicyData { Prompts = "" }, Rewards = [] }, new RejectionOptions(),
                .. AlignmentTemplates.All],
        },
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.Training.Counted<RejectionOptions>() with { Model = StartModel.Open(recipe.From).Config },
        Run = Rejection.Run,
        Next = "nonet generate RUN TEXT",
        Example = recipe => ExampleText.Of(Prompt.Read(recipe.Data.Prompts).Select(p => p.Text), words: 12),
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <inheritdoc cref="PpoRecipe.From"/>
    [Option("The policy to start from, which is also the reference: a Hugging Face folder or a run folder.", Expected = CommonKeys.FromExpected)]
    [JsonPropertyOrder(2)]
    public required string From { get; init; }

    /// <inheritdoc cref="PpoRecipe.Data"/>
    [Option("The prompts.", Expected = "prompts: a file of prompts")]
    [JsonPropertyOrder(3)]
    public required PolicyData Data { get; init; }

    /// <inheritdoc cref="PpoRecipe.Rewards"/>
    [Option("Rewards to train on. Their weighted sum is the score of a response.", Expected = "a list of rewards: kind: model, answer or words")]
    [JsonPropertyOrder(4)]
    public required IReadOnlyList<RewardSource> Rewards { get; init; }

    /// <inheritdoc cref="PpoRecipe.HeldOutRewards"/>
    [Option("Rewards that are only measured in evaluations: a gold function or a held-out model. Null: none.",
        Expected = "a list of rewards: kind: model, answer or words")]
    [JsonPropertyOrder(5)]
    public IReadOnlyList<RewardSource>? HeldOutRewards { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public RejectionOptions Training { get; init; } = new();

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    void Check()
    {
        Training.Check();
        RewardSource.Check(Rewards, HeldOutRewards);
    }
}

[JsonSerializable(typeof(RejectionRecipe))]
sealed partial class RejectionJson : JsonSerializerContext;
