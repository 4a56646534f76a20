using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nonet.Models.Decoders;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Translation;

namespace Nonet.Recipes;

/// <summary>What determines the outcome of <see cref="Pretrain"/>, bit for bit: the same options and text give the same checkpoints.</summary>
public sealed record PretrainOptions : TrainingOptions
{
    /// <summary>Sequences a micro-batch.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Tokens a sequence; null is the model's context.</summary>
    public int? Length { get; init; }

    /// <summary>Fewer micro-batches in the first updates; null: all of them always.</summary>
    public BatchRamp? BatchRamp { get; init; }

    /// <summary>ζ of the z-loss, 1e-4 in PaLM; null: none. The training loss that is reported includes it, the held-out loss does not. See <see cref="Nonet.Tensors.Ops.CrossEntropy"/>.</summary>
    public double? ZLoss { get; init; }

    /// <summary>Tokens a sequence, the model's context if no length is given.</summary>
    [JsonIgnore]
    public int SequenceLength => Length ?? Model.MaxLength;

    /// <summary>Tokens an update, a ramp left out.</summary>
    [JsonIgnore]
    public long TokensPerStep => (long)Batch * SequenceLength * Accumulate;

    internal override int MicroBatches(int update) => BatchRamp?.At(update, Accumulate) ?? Accumulate;

    private protected override JsonObject OwnJson() => (JsonObject)JsonSerializer.SerializeToNode(this, RecipeJson.Default.PretrainOptions)!;

    internal override void Check()
    {
        AtLeast(1, Batch, "batch");
        base.Check();
        AtLeast(1, SequenceLength, "length");
        if (SequenceLength > Model.MaxLength)
            throw new ArgumentException($"length is {SequenceLength}: at most the model's context of {Model.MaxLength} is needed");
        BatchRamp?.Check(Accumulate);
        if (ZLoss is not (null or (> 0 and <= 1)))
            throw new ArgumentException($"z_loss is {ZLoss}: a number above 0 and at most 1 is needed, or null");
        if (Model is LlamaConfig { RopeLayout: not RopeLayout.HalfSplit })
            throw new ArgumentException("model.rope_layout is interleaved: train half_split, which is what checkpoints hold; the two differ only in the order of rows");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(PretrainOptions))]
[JsonSerializable(typeof(TranslationOptions))]
[JsonSerializable(typeof(MaskedTrainingOptions))]
[JsonSerializable(typeof(FineTuneOptions))]
sealed partial class RecipeJson : JsonSerializerContext;
