using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Models.EncoderDecoders;

namespace Nonet.Recipes.Translation;

/// <summary>What determines the outcome of <see cref="TrainTranslation"/>; the defaults are those of Vaswani et al. 2017 but for size and warm-up.</summary>
public sealed record TranslationOptions : TrainingOptions
{
    /// <summary>Most source tokens and most target tokens of a micro-batch.</summary>
    public int BatchTokens { get; init; } = 1500;

    /// <summary>ε of label smoothing: section 5.4.</summary>
    public double Smoothing { get; init; } = 0.1;

    /// <summary>Checkpoints, the newest, whose mean is the run's model; 1: the last alone. Section 6.1.</summary>
    public int Average { get; init; } = 5;

    /// <summary>Whether each evaluation translates the held-out sources, greedily, and reports BLEU.</summary>
    public bool Bleu { get; init; }

    private protected override JsonObject OwnJson() => (JsonObject)JsonSerializer.SerializeToNode(this, RecipeJson.Default.TranslationOptions)!;

    internal override void Check()
    {
        AtLeast(1, BatchTokens, "batch_tokens");
        base.Check();
        if (Smoothing is not (>= 0 and < 1))
            throw new ArgumentException($"smoothing is {Smoothing}: a number in [0, 1) is needed");
        AtLeast(1, Average, "average");
        if (Model is not (TransformerConfig or T5Config))
            throw new ArgumentException($"the model is a {Model.Kind}, which has no encoder: transformer is needed");
    }
}
