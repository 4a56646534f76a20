using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Alignment;

/// <summary>Learning from preferences without a reward model as data: task dpo, with the losses dpo, ipo and cdpo.</summary>
public sealed record DpoRecipe : IRecipe
{
    internal const string TaskName = "dpo";

    internal static TaskKind Kind { get; } = new TaskKind<DpoRecipe>
    {
        Name = TaskName,
        Json = DpoJson.Default,
        Form = new RecipeForm
        {
            Task = TaskName,
            Without = ["training.steps"], // epochs determine them
            Templates =
            [
                new DpoRecipe { Name = "", From = "", Data = new RankingData { Train = new RankingOptions { Path = "" } } }, new DpoOptions(),
                    new PreferenceLossOptions(),
                new RankingData { Train = new RankingOptions { Path = "" } }, new RankingOptions { Path = "" }, new LoraOptions(),
            ],
        },
        Checks = recipe => recipe.Training.Check(),
        Size = recipe => recipe.Training with { Model = StartModel.Open(recipe.From).Config, Warmup = 0 },
        Run = Dpo.Run,
        Next = "nonet generate RUN TEXT",
        NextFor = recipe => PolicyModel.NextFor(recipe.From, recipe.Data.Template),
        Example = recipe => ExampleText.Of(Rankings.Read(recipe.Data.Train).Items.Select(r => r.Prompt), words: 12),
    };

    /// <inheritdoc/>
    [Option(CommonKeys.Name)]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    /// <inheritdoc cref="PolicyRecipe.From"/>
    [Option("The policy to start from, which is also the reference: a Hugging Face folder or a run folder.", Expected = CommonKeys.FromExpected)]
    [JsonPropertyOrder(2)]
    public required string From { get; init; }

    /// <summary>The rankings.</summary>
    [Option("The rankings.", Expected = "train: the rankings to train on")]
    [JsonPropertyOrder(3)]
    public required RankingData Data { get; init; }

    /// <summary>All other settings that determine the result.</summary>
    [Option("All other settings that determine the result.")]
    [JsonPropertyOrder(7)]
    public DpoOptions Training { get; init; } = new();

    /// <inheritdoc/>
    [Option(CommonKeys.Run)]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();
}

/// <summary>Rankings for training and for evaluation.</summary>
public sealed record RankingData
{
    /// <summary>The rankings to train on.</summary>
    [Option("The rankings to train on.", Expected = "path: the rankings to train on")]
    public required RankingOptions Train { get; init; }

    /// <summary>
    /// Chat template to use instead of the model's: off (prompts are the beginning of a text), plain, or a Jinja file. Null: the model's own, if it has one.
    /// </summary>
    [Option(CommonKeys.Template)]
    public string? Template { get; init; }

    /// <summary>The rankings to evaluate on; null: a part of the training data, chosen by prompt.</summary>
    [Option("The rankings to evaluate on; null: a part of the training data, chosen by prompt.")]
    public RankingOptions? Validation { get; init; }

    /// <summary>
    /// Share of the prompts that is held out if validation is null. The choice depends on the text of each prompt, so copies are on the same side.
    /// </summary>
    [Option("Share of the prompts that is held out if validation is null. The choice depends on the text of each prompt, so copies are on the same side.",
        Above = 0, Below = 1)]
    public double HeldOut { get; init; } = 0.1;

    /// <summary>Seed of the choice of held-out prompts.</summary>
    [Option("Seed of the choice of held-out prompts.")]
    public ulong Seed { get; init; } = 1;

    internal (Ranking[] Train, Ranking[] HeldOut, string[] Warnings) Read()
    {
        var read = Rankings.Read(Train);
        var validation = Validation is { } other ? Rankings.Read(other) : null;
        var (train, heldOut) = FineTuneTask.Split(read.Items, validation?.Items, HeldOut, Seed, r => r.Prompt);
        return (train, heldOut, [.. read.Warnings, .. validation?.Warnings ?? []]);
    }
}

[JsonSerializable(typeof(DpoRecipe))]
sealed partial class DpoJson : JsonSerializerContext;
