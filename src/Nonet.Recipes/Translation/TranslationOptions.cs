using Nonet.Files;
using Nonet.Models.EncoderDecoders;

namespace Nonet.Recipes.Translation;

/// <summary>What determines the outcome of <see cref="TrainTranslation"/>; the defaults are those of Vaswani et al. 2017, section 5.3, but for the size of a batch.</summary>
public sealed record TranslationOptions : TrainingOptions
{
    public TranslationOptions() => (Schedule, Warmup, AdamW, Clip) = (ScheduleKind.InverseSquareRoot, 4000, new() { Beta1 = 0.9, Beta2 = 0.98, Epsilon = 1e-9, WeightDecay = 0 }, null);

    [Option("Most source tokens and most target tokens of a micro-batch.", Least = 1)]
    public int BatchTokens { get; init; } = 1500;

    [Option("ε of label smoothing: Vaswani et al. 2017, section 5.4.", Least = 0, Below = 1)]
    public double Smoothing { get; init; } = 0.1;

    [Option("Checkpoints, the newest, whose mean is the run's model; 1: the last alone. Section 6.1.", Least = 1)]
    public int Average { get; init; } = 5;

    [Option("Whether each evaluation translates the held-out sources, greedily, and reports BLEU.")]
    public bool Bleu { get; init; }

    internal override void Check()
    {
        base.Check();
        if (Model is not (TransformerConfig or T5Config))
            throw new ArgumentException($"the model is a {Model.Kind}, which has no encoder: transformer is needed");
    }
}
