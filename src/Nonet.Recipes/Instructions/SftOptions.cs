using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Nonet.Data.Instructions;
using Nonet.Files;
using Nonet.Recipes.FineTuning;

namespace Nonet.Recipes.Instructions;

/// <summary>Settings that determine the result of <see cref="Sft"/>, together with the model and the examples.</summary>
public sealed record SftOptions : TrainingOptions
{
    /// <summary>Defaults for training all weights: a low, falling rate and no weight decay.</summary>
    [SetsRequiredMembers] // epochs and the number of examples determine the steps
    public SftOptions() =>
        (Steps, LearningRate, Schedule, Floor, AdamW) = (1, 2e-5, ScheduleKind.Linear, 0, new() { Beta1 = 0.9, Beta2 = 0.999, WeightDecay = 0 });

    /// <summary>Examples per update.</summary>
    [Option("Examples per update.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 16;

    /// <summary>
    /// Maximum number of tokens in one forward and backward pass. The examples of an update are packed into passes without padding; each
    /// attends to itself only. A longer example gets its own pass. The division changes memory and time, not the result.
    /// </summary>
    [Option("Maximum number of tokens in one forward and backward pass. The examples of an update are packed into passes without padding; each attends to "
        + "itself only. A longer example gets its own pass. The division changes memory and time, not the result.", Least = 1, Most = MostParts)]
    public int PassTokens { get; init; } = 2048;

    /// <summary>Number of passes over the examples; determines the number of updates unless updates is set.</summary>
    [Option("Number of passes over the examples; determines the number of updates unless updates is set.", Above = 0, Most = 1e6)]
    public double Epochs { get; init; } = 3;

    /// <summary>Number of updates; null: determined by epochs. An endless mixture needs it.</summary>
    [Option("Number of updates; null: determined by epochs. An endless mixture needs it.", Least = 1)]
    public int? Updates { get; init; }

    /// <summary>Share of the updates in the warm-up, which ends at the peak learning rate.</summary>
    [Option("Share of the updates in the warm-up, which ends at the peak learning rate.", Least = 0, Below = 1)]
    public double WarmupShare { get; init; } = 0.03;

    /// <summary>Maximum number of tokens in an example; for an encoder-decoder, on each side. Null: the model's context.</summary>
    [Option("Maximum number of tokens in an example; for an encoder-decoder, on each side. Null: the model's context.", Least = 2)]
    public int? Length { get; init; }

    /// <summary>What happens to longer examples: drop or cut. Their number is reported.</summary>
    [Option("What happens to longer examples: drop or cut. Their number is reported.")]
    public LongExample Longer { get; init; }

    /// <summary>α of uniform noise on the embedded tokens in training, such as 5: Jain et al. 2023, NEFTune. Null: none.</summary>
    [Option("α of uniform noise on the embedded tokens in training, such as 5: Jain et al. 2023, NEFTune. Null: none.", Above = 0)]
    public double? EmbeddingNoise { get; init; }

    /// <summary>Trains low-rank changes of some layers; null: all weights are trained. A quantised base model is not changed (QLoRA).</summary>
    [Option("Trains low-rank changes of some layers; null: all weights are trained. A quantised base model is not changed (QLoRA).")]
    public LoraOptions? Lora { get; init; }

    [JsonIgnore]
    internal override IReadOnlyList<string> LengthKeys => ["steps", "epochs", "updates", "warmup"];

    /// <summary>Bytes of the base model's mapped file and of the frozen weights that are copied from it; 0 before the model is opened.</summary>
    [JsonIgnore]
    internal long BaseBytes { get; init; }

    /// <summary>Number of tokens in the largest pass, and of those with logits; null before the examples are encoded.</summary>
    [JsonIgnore]
    internal (long Tokens, long Predicted)? LargestPass { get; init; }

    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch => LargestPass ?? (Math.Min(PassTokens, Model.MaxLength), Math.Min(PassTokens, Model.MaxLength));

    /// <summary>The options with steps and warm-up for a number of examples; null: an endless source.</summary>
    internal SftOptions For(int? examples)
    {
        var steps = Updates ?? (examples is { } count ? Math.Max(1, (int)Math.Ceiling(Epochs * count / Batch))
            : throw new ArgumentException("training.updates is not set: the data has no end; set the number of updates"));
        return this with { Steps = steps, Warmup = (int)Math.Round(WarmupShare * steps) };
    }

    internal override void Check()
    {
        Lora?.Check();
        base.Check();
    }
}
