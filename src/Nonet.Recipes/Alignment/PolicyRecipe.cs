using System.Text.Json.Serialization;
using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Alignment;

/// <summary>Common part of the recipes of PPO, GRPO and rejection sampling: a policy that generates responses to prompts, and rewards for them.</summary>
public abstract record PolicyRecipe : IRecipe
{
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

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    /// <summary>Creates the kind of training of such recipes.</summary>
    /// <param name="task">Name of the task.</param>
    /// <param name="json">Metadata of the recipe and of the records in it.</param>
    /// <param name="training">The recipe's settings.</param>
    /// <param name="run">Runs a recipe.</param>
    /// <param name="complete">Replaces null by values that follow from other settings; null: not needed.</param>
    /// <param name="templates">An empty recipe, and one record of each type that only this kind has.</param>
    private protected static TaskKind<T> KindOf<T, TOptions>(string task, JsonSerializerContext json, Func<T, TOptions> training, TrainFunction<T> run,
        Func<T, T>? complete, params object[] templates) where T : PolicyRecipe where TOptions : PolicyOptions => new()
        {
            Name = task,
            Json = json,
            Form = new RecipeForm
            {
                Task = task,
                Without = [.. PolicyOptions.Decided],
                Templates = [.. templates, new PolicyData { Prompts = "" }, new ModelRewardSource { Path = "" }, new AnswerRewardSource(),
                    new WordRewardSource { Words = [] }, new LoraOptions()],
            },
            Complete = complete ?? (recipe => recipe),
            Checks = recipe =>
            {
                training(recipe).Check();
                RewardSource.Check(recipe.Rewards, recipe.HeldOutRewards);
            },
            Size = recipe => training(recipe).Counted<TOptions>() with { Model = StartModel.Open(recipe.From).Config },
            Run = run,
            Next = "nonet generate RUN TEXT",
            NextFor = recipe => PolicyModel.NextFor(recipe.From, recipe.Data.Template),
            Example = recipe => ExampleText.Of(Prompt.Read(recipe.Data.Prompts).Select(p => p.Text), words: 12),
        };
}
