using Nonet.Data;
using Nonet.Data.Preferences;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Prompts for training and for evaluation of a policy.</summary>
public sealed record PolicyData
{
    /// <summary>Prompts to train on: JSON Lines {prompt}, {prompt, answer} or {messages}.</summary>
    [Option("Prompts to train on: JSON Lines {prompt}, {prompt, answer} or {messages}; a prompt is a text or a list of messages.", Exists = true,
        Expected = "a file that exists")]
    public required string Prompts { get; init; }

    /// <summary>
    /// Chat template to use instead of the model's: off (prompts are the beginning of a text), plain, or a Jinja file. Null: the model's own, if it has one.
    /// </summary>
    [Option(CommonKeys.Template)]
    public string? Template { get; init; }

    /// <summary>Prompts to evaluate on; null: a part of the training prompts.</summary>
    [Option("Prompts to evaluate on; null: a part of the training prompts.", Exists = true, Expected = "a file that exists")]
    public string? Validation { get; init; }

    /// <summary>
    /// Share of the prompts that is held out if validation is null. The choice depends on the text of each prompt, so copies are on the same side.
    /// </summary>
    [Option("Share of the prompts that is held out if validation is null. The choice depends on the text of each prompt, so copies are on the same side.",
        Above = 0, Below = 1)]
    public double HeldOut { get; init; } = 0.1;

    /// <summary>Seed of the choice of held-out prompts.</summary>
    [Option("Seed of the choice of held-out prompts.")]
    public ulong Seed { get; init; } = 1;

    internal (Prompt[] Train, Prompt[] HeldOut) Read()
    {
        var train = Prompt.Read(Prompts);
        return Validation is { } other ? ([.. train], [.. Prompt.Read(other)]) : HeldOutSplit.Of(train, HeldOut, Seed, p => p.Text, "prompts");
    }
}
