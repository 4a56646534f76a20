using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Models.EncoderDecoders;

namespace Nonet.Recipes.Translation;

/// <summary>
/// Settings that determine the result of <see cref="TrainTranslation"/>. The defaults are those of Vaswani et al. 2017, section 5.3, except
/// for the batch size.
/// </summary>
public sealed record TranslationOptions : TrainingOptions
{
    /// <summary>Settings of Vaswani et al. 2017, section 5.3, with a smaller batch.</summary>
    public TranslationOptions() =>
        (Schedule, Warmup, AdamW, Clip) = (ScheduleKind.InverseSquareRoot, 4000, new() { Beta1 = 0.9, Beta2 = 0.98, Epsilon = 1e-9, WeightDecay = 0 }, null);

    /// <summary>Largest number of source tokens, and of target tokens, in a micro-batch.</summary>
    [Option("Largest number of source tokens, and of target tokens, in a micro-batch.", Least = 1)]
    public int BatchTokens { get; init; } = 1500;

    /// <summary>ε of label smoothing. Vaswani et al. 2017, section 5.4.</summary>
    [Option("ε of label smoothing. Vaswani et al. 2017, section 5.4.", Least = 0, Below = 1)]
    public double Smoothing { get; init; } = 0.1;

    /// <summary>Number of newest checkpoints whose average is the run's model; 1: only the last. Vaswani et al. 2017, section 6.1.</summary>
    [Option("Number of newest checkpoints whose average is the run's model; 1: only the last. Vaswani et al. 2017, section 6.1.", Least = 1)]
    public int Average { get; init; } = 5;

    /// <summary>Whether each evaluation also translates the held-out sources greedily and reports BLEU.</summary>
    [Option("Whether each evaluation also translates the held-out sources greedily and reports BLEU.")]
    public bool Bleu { get; init; }

    /// <summary>The source tokens, and the target tokens, which are the only ones with logits.</summary>
    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch => (BatchTokens, BatchTokens);

    internal override void Check()
    {
        base.Check();
        if (Model is not (TransformerConfig or T5Config))
            throw new ArgumentException($"the model is a {Model.Kind}, which has no encoder; expected transformer");
    }
}
