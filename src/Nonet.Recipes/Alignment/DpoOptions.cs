using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Files;
using Nonet.Recipes.FineTuning;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// Settings of DPO, IPO and cDPO. The defaults are those of Rafailov et al. 2023, appendix B: RMSprop, which AdamW is with β₁ = 0 and without bias
/// correction.
/// </summary>
public sealed record DpoOptions : TrainingOptions
{
    /// <summary>The defaults.</summary>
    [SetsRequiredMembers] // epochs determine the steps
    public DpoOptions() => (Steps, LearningRate, Warmup, Schedule, Clip, AdamW) =
        (1, 1e-6, 150, ScheduleKind.Constant, 10, new() { Beta1 = 0, Beta2 = 0.99, Epsilon = 1e-8, WeightDecay = 0, BiasCorrection = false });

    /// <summary>Prompts per micro-batch. All pairs of a prompt are one example.</summary>
    [Option("Prompts per micro-batch. All pairs of a prompt are one example.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 64;

    /// <summary>Number of passes over the prompts; determines the number of steps.</summary>
    [Option("Number of passes over the prompts; determines the number of steps.", Above = 0, Most = 1e6)]
    public double Epochs { get; init; } = 1;

    /// <summary>The loss of a pair.</summary>
    [Option("The loss of a pair.")]
    public PreferenceLossOptions Loss { get; init; } = new();

    /// <summary>
    /// Maximum number of tokens in a prompt with an answer. If there are more, the beginning of the prompt is left out. Null: the model's context.
    /// </summary>
    [Option("Maximum number of tokens in a prompt with an answer. If there are more, the beginning of the prompt is left out. Null: the model's context.",
        Least = 4)]
    public int? Length { get; init; }

    /// <inheritdoc cref="PolicyOptions.Lora"/>
    [Option("Trains low-rank changes of some layers; null: all weights are trained. With an adapter, the reference is the policy with the adapter off.")]
    public LoraOptions? Lora { get; init; }

    /// <summary>The options with steps and evaluations for a number of prompts.</summary>
    internal DpoOptions For(int prompts)
    {
        var epoch = Math.Max(1, (int)Math.Ceiling(prompts / ((double)Batch * Accumulate)));
        return this with
        {
            Steps = Math.Max(1, (int)Math.Ceiling(Epochs * prompts / ((double)Batch * Accumulate))),
            EvaluateEvery = Math.Min(EvaluateEvery, epoch),
            SaveEvery = Math.Min(SaveEvery, epoch)
        };
    }

    [JsonIgnore]
    internal override IReadOnlyList<string> LengthKeys => ["steps", "epochs", "warmup"];

    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch => (2L * Batch * (Length ?? Model.MaxLength), 2L * Batch * (Length ?? Model.MaxLength));

    internal override void Check()
    {
        Lora?.Check();
        base.Check();
    }
}
