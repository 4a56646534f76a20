using System.Diagnostics.CodeAnalysis;
using Nonet.Alignment;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Initial weights of the critic's output layer.</summary>
public enum CriticHead
{
    /// <summary>Those of the reward model's output layer. Ouyang et al. 2022, appendix C.4.</summary>
    Reward,

    /// <summary>Zeros, so that every value is 0 at first. Ziegler et al. 2019, released code.</summary>
    Zero,
}

/// <summary>
/// Settings of PPO. The defaults are those of Ouyang et al. 2022, appendix C.4; where the paper is silent, those of the code that Ziegler et al. 2019 released.
/// </summary>
public sealed record PpoOptions : PolicyOptions
{
    /// <summary>The defaults.</summary>
    [SetsRequiredMembers] // episodes determine the steps
    public PpoOptions() => (Steps, LearningRate, Warmup, Schedule, Clip, EmaDecay, AdamW) =
        (1, 5e-6, 10, ScheduleKind.Constant, null, 0.992, new() { Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-5, WeightDecay = 0, FoldedEpsilon = true });

    /// <summary>β and its control.</summary>
    [Option("β and its control.")]
    public KlOptions Kl { get; init; } = new();

    /// <summary>ε: the ratio of probabilities is clipped to 1 − ε to 1 + ε.</summary>
    [Option("ε: the ratio of probabilities is clipped to 1 − ε to 1 + ε.", Above = 0)]
    public double ClipRatio { get; init; } = 0.2;

    /// <summary>A value is clipped to this distance from its value at the rollout; null: no clipping.</summary>
    [Option("A value is clipped to this distance from its value at the rollout; null: no clipping.", Above = 0)]
    public double? ClipValue { get; init; } = 0.2;

    /// <summary>Factor of the value loss.</summary>
    [Option("Factor of the value loss.", Above = 0)]
    public double ValueCoefficient { get; init; } = 0.1;

    /// <summary>γ: discount of later rewards.</summary>
    [Option("γ: discount of later rewards.", Least = 0, Most = 1)]
    public double Gamma { get; init; } = 1;

    /// <summary>λ of generalised advantage estimation.</summary>
    [Option("λ of generalised advantage estimation.", Least = 0, Most = 1)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>Whether to scale the rewards of all tokens of an iteration to variance 1, without shifting their mean.</summary>
    [Option("Whether to scale the rewards of all tokens of an iteration to variance 1, without shifting their mean.")]
    public bool WhitenRewards { get; init; } = true;

    /// <summary>Whether to scale the advantages of a minibatch to mean 0 and variance 1.</summary>
    [Option("Whether to scale the advantages of a minibatch to mean 0 and variance 1.")]
    public bool WhitenAdvantages { get; init; } = true;

    /// <summary>Score of a response without an end token; null: its own score.</summary>
    [Option("Score of a response without an end token; null: its own score.")]
    public double? MissingStop { get; init; } = -1;

    /// <summary>Learning rate of the critic, which has its own optimiser.</summary>
    [Option("Learning rate of the critic, which has its own optimiser.", Above = 0)]
    public double ValueLearningRate { get; init; } = 9e-6;

    /// <summary>Initial weights of the critic's output layer: reward (those of the reward model) or zero.</summary>
    [Option("Initial weights of the critic's output layer: reward (those of the reward model) or zero.")]
    public CriticHead ValueHead { get; init; }

    /// <summary>Mixes pre-training gradients into each update: PPO-ptx; null: plain PPO.</summary>
    [Option("Mixes pre-training gradients into each update: PPO-ptx; null: plain PPO.")]
    public PretrainingMix? Ptx { get; init; }
}

/// <summary>Pre-training gradients in the updates of a policy.</summary>
public sealed record PretrainingMix
{
    /// <summary>γ: factor of the mean log-probability of pre-training tokens in the objective; 0 only measures it.</summary>
    [Option("γ: factor of the mean log-probability of pre-training tokens in the objective; 0 only measures it.", Least = 0)]
    public double Coefficient { get; init; } = 27.8;

    /// <summary>Number of pre-training sequences for each response.</summary>
    [Option("Number of pre-training sequences for each response.", Least = 1)]
    public int Ratio { get; init; } = 8;

    /// <summary>Tokens of a sequence; null: the model's context.</summary>
    [Option("Tokens of a sequence; null: the model's context.", Least = 1)]
    public int? Length { get; init; }

    /// <summary>The text, with a part that is held out to measure the loss.</summary>
    [Option("The text, with a part that is held out to measure the loss.")]
    public RecipeData Data { get; init; } = new();
}
