using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Recipes.Alignment;

/// <summary>Reinforcement learning from rewards as data: task ppo.</summary>
public sealed record PpoRecipe : IRecipe
{
    internal const string TaskName = "ppo";

    internal static TaskKind Kind { get; } = new TaskKind<PpoRecipe>
    {
        Name = TaskName,
        Json = PpoJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Without = [.. PolicyOptions.Decided],
            Templates = [new PpoRecipe { Name = "", From = "", Data = new PolicyData { Prompts = "" }, Rewards = [] }, new PpoOptions(), new KlOptions(),
                new PretrainingMix(), .. AlignmentTemplates.All],
        },
        Checks = recipe => recipe.Check(),
        Size = recipe => recipe.Training.Counted<PpoOptions>() with { Model = StartModel.Open(recipe.From).Config },
        Run = Ppo.Run,
        Next = "nonet generate RUN TEXT",
        Example = recipe => ExampleText.Of(Prompt.Read(recipe.Data.Prompts).Select(p => p.Text), words: 12),
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <summary>The policy to start from, which is also the reference: a Hugging Face folder or a run folder.</summary>
    [Option("The policy to start from, which is also the reference: a Hugging Face folder or a run folder.", Expected = CommonKeys.FromExpected)]
    [JsonPropertyOrder(2)]
    public required string From { get; init; }

    /// <summary>The prompts.</summary>
    [Option("The prompts.", Expected = "prompts: a file of prompts")]
    [JsonPropertyOrder(3)]
    public required PolicyData Data { get; init; }

    /// <summary>Rewards to train on. Their weighted sum is the score of a response.</summary>
    [Option("Rewards to train on. Their weighted sum is the score of a response.", Expected = "a list of rewards: kind: model, answer or words")]
    [JsonPropertyOrder(4)]
    public required IReadOnlyList<RewardSource> Rewards { get; init; }

    /// <summary>Rewards that are only measured in evaluations: a gold function or a held-out model. Null: none.</summary>
    [Option("Rewards that are only measured in evaluations: a gold function or a held-out model. Null: none.",
        Expected = "a list of rewards: kind: model, answer or words")]
    [JsonPropertyOrder(5)]
    public IReadOnlyList<RewardSource>? HeldOutRewards { get; init; }

    /// <summary>Folder of the reward model that the critic starts from; null: the first reward that can serve, otherwise the policy's start.</summary>
    [Option("Folder of the reward model that the critic starts from; null: the first reward that is a decoder with the policy's tokenizer, otherwise "
        + "the policy's start.", Expected = "the folder of a reward model")]
    [JsonPropertyOrder(6)]
    public string? Critic { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public PpoOptions Training { get; init; } = new();

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

/// <summary>Records that the recipes of alignment share.</summary>
static class AlignmentTemplates
{
    public static IReadOnlyList<object> All { get; } =
    [
        new PolicyData { Prompts = "" }, new ModelRewardSource { Path = "" }, new AnswerRewardSource(), new WordRewardSource { Words = [] }, new LoraOptions(),
    ];

    /// <summary>Identity of the data, as checkpoints store it.</summary>
    public static JsonObject Identity(int examples, Tokenizer tokenizer) => new()
    {
        ["examples"] = new JsonObject { ["count"] = examples, ["tokenizer"] = tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture) },
    };
}

[JsonSerializable(typeof(PpoRecipe))]
sealed partial class PpoJson : JsonSerializerContext;
