using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Models.Decoders;

namespace Nonet.Recipes;

/// <summary>
/// Settings that determine the result of <see cref="Pretrain"/> bit for bit: the same options and text give the same checkpoints.
/// </summary>
public sealed record PretrainOptions : TrainingOptions
{
    /// <summary>Sequences per micro-batch, which are computed at once. If memory is short, halve it and double accumulate.</summary>
    [Option("Sequences per micro-batch, which are computed at once. If memory is short, halve it and double accumulate.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 16;

    /// <summary>Tokens per sequence; null: the model's context.</summary>
    [Option("Tokens per sequence; null: the model's context.", Least = 1)]
    public int? Length { get; init; }

    /// <summary>Fewer micro-batches in the first updates; null: the same number in all updates.</summary>
    [Option("Fewer micro-batches in the first updates; null: the same number in all updates.")]
    public BatchRamp? BatchRamp { get; init; }

    /// <summary>
    /// ζ of the z-loss, a penalty on large logits (1e-4 in PaLM); null: none. The reported training loss includes it; the held-out loss
    /// does not.
    /// </summary>
    [Option("ζ of the z-loss, a penalty on large logits (1e-4 in PaLM); null: none. The reported training loss includes it; the held-out loss does not.",
        Above = 0, Most = 1)]
    public double? ZLoss { get; init; }

    /// <summary>Tokens per sequence: <see cref="Length"/>, or the model's context if that is null.</summary>
    [JsonIgnore]
    public int SequenceLength => Length ?? Model.MaxLength;

    /// <summary>Tokens per update, without a batch ramp.</summary>
    [JsonIgnore]
    public long TokensPerStep => (long)Batch * SequenceLength * Accumulate;

    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch => ((long)Batch * SequenceLength, (long)Batch * SequenceLength);

    internal override int MicroBatches(int update) => BatchRamp?.At(update, Accumulate) ?? Accumulate;

    internal override void Check()
    {
        base.Check();
        if (SequenceLength > Model.MaxLength)
            throw new ArgumentException($"length is {SequenceLength}; expected at most the model's context of {Model.MaxLength}");
        BatchRamp?.Check(Accumulate);
        if (Model is LlamaConfig { RopeLayout: not RopeLayout.HalfSplit })
            throw new ArgumentException(
                "model.rope_layout is interleaved: train with half_split, the layout of checkpoints; the two differ only in the order of rows");
    }
}
