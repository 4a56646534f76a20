using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Nonet.Checkpoints.Adapters;
using Nonet.Files;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>
/// Settings that determine the result of <see cref="FineTune"/>. The defaults are those of Devlin et al. 2018, appendix A.3, with Adam's bias correction, which
/// Mosbach et al. 2021 found more stable on small data.
/// </summary>
public sealed record FineTuneOptions : TrainingOptions
{
    /// <summary>Defaults for fine-tuning a BERT: Devlin et al. 2018, appendix A.3.</summary>
    [SetsRequiredMembers] // epochs and the number of examples determine the steps
    public FineTuneOptions() =>
        (Steps, LearningRate, Schedule, Floor, AdamW) =
        (1, 5e-5, ScheduleKind.Linear, 0, new() { Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-6, WeightDecay = 0.01 });

    /// <summary>Examples per micro-batch; a window of a passage is an example.</summary>
    [Option("Examples per micro-batch; a window of a passage is an example.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 32;

    /// <summary>Number of passes over the examples; determines the number of steps.</summary>
    [Option("Number of passes over the examples; determines the number of steps.", Above = 0, Most = 1e6)]
    public double Epochs { get; init; } = 3;

    /// <summary>Share of the steps in the warm-up, which ends at the peak learning rate.</summary>
    [Option("Share of the steps in the warm-up, which ends at the peak learning rate.", Least = 0, Below = 1)]
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>Maximum number of tokens in an input; longer ones are truncated and counted. Null: the model's context.</summary>
    [Option("Maximum number of tokens in an input; longer ones are truncated and counted. Null: the model's context.", Least = 4)]
    public int? Length { get; init; }

    /// <summary>Trains low-rank changes of some layers, and the head; null: all weights are trained.</summary>
    [Option("Trains low-rank changes of some layers, and the head; null: all weights are trained.")]
    public LoraOptions? Lora { get; init; }

    /// <summary>The options with steps, warm-up and evaluations for a number of examples.</summary>
    internal FineTuneOptions For(int examples)
    {
        var steps = Math.Max(1, (int)Math.Ceiling(Epochs * examples / ((double)Batch * Accumulate)));
        var epoch = Math.Max(1, (int)Math.Ceiling(examples / ((double)Batch * Accumulate)));
        return this with { Steps = steps, Warmup = (int)Math.Round(WarmupShare * steps), EvaluateEvery = epoch, SaveEvery = epoch };
    }

    [JsonIgnore]
    internal override IReadOnlyList<string> LengthKeys => ["steps", "epochs", "warmup"];

    /// <summary>Number of tokens in the largest micro-batch; 0 before the examples are encoded.</summary>
    [JsonIgnore]
    internal long LargestBatch { get; init; }

    /// <summary>The tokens of the largest micro-batch. No token has logits over the vocabulary.</summary>
    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch => (LargestBatch, 0);

    internal override void Check()
    {
        Lora?.Check();
        base.Check();
    }

    /// <summary>Checks the options before the model is known, because none of them depends on it.</summary>
    internal void CheckOwn() => Check();
}

/// <summary>Low-rank changes instead of all weights: Hu et al. 2021.</summary>
public sealed record LoraOptions
{
    /// <summary>r, the rank of a change.</summary>
    [Option("r, the rank of a change.", Least = 1)]
    public int Rank { get; init; } = 8;

    /// <summary>α: a change is scaled by α / r.</summary>
    [Option("α: a change is scaled by α / r.", Above = 0)]
    public double Alpha { get; init; } = 16;

    /// <summary>
    /// Layers that are changed, by name (query, key, value, output, gate, up, down, tokens) or by role: matrix for all linear layers of the
    /// blocks, head, embedding.
    /// </summary>
    [Option("Layers that are changed, by name (query, key, value, output, gate, up, down, tokens) or by role: matrix for all linear layers of the blocks, "
        + "head, embedding.")]
    public IReadOnlyList<string> Projections { get; init; } = ["query", "value"];

    /// <summary>Dropout of the adapters' inputs.</summary>
    [Option("Dropout of the adapters' inputs.", Least = 0, Below = 1)]
    public double Dropout { get; init; }

    /// <summary>Whether to scale a change by α / √r instead, so that a large rank learns as fast as a small one: Kalajdzievski 2023, rsLoRA.</summary>
    [Option("Whether to scale a change by α / √r instead, so that a large rank learns as fast as a small one: Kalajdzievski 2023, rsLoRA.")]
    public bool RankStabilized { get; init; }

    /// <summary>Trains the length of each row of the changed weights separately from its direction: Liu et al. 2024, DoRA.</summary>
    [Option("Trains the length of each row of the changed weights separately from its direction: Liu et al. 2024, DoRA.")]
    public bool Magnitudes { get; init; }

    internal void Check()
    {
        if (Projections.Count == 0)
            throw new ArgumentException("lora.projections is empty; expected at least one, such as query");
    }

    /// <summary>Attaches new adapters to a model without weights.</summary>
    /// <param name="model">The model, whose other weights are frozen.</param>
    /// <param name="whole">Parameters that are trained in full; null: none.</param>
    internal PeftAdapter Attach(ILanguageModel model, Func<Parameter, bool>? whole = null)
    {
        try
        {
            return PeftAdapter.Attach(model, Rank, Alpha, Projections, whole, dropout: Dropout, rankStabilized: RankStabilized, magnitudes: Magnitudes);
        }
        catch (ArgumentException e) when (e.ParamName == "targets")
        {
            throw new ArgumentException($"lora.projections: {e.Message}", e);
        }
    }
}
