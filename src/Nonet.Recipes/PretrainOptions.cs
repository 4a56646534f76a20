using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Models.Decoders;

namespace Nonet.Recipes;

/// <summary>What determines the outcome of <see cref="Pretrain"/>, bit for bit: the same options and text give the same checkpoints.</summary>
public sealed record PretrainOptions : TrainingOptions
{
    [Option("Sequences a micro-batch: computed at once. Halve it when memory is short, and double accumulate.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 16;

    [Option("Tokens a sequence; null: the model's context.", Least = 1)]
    public int? Length { get; init; }

    [Option("Fewer micro-batches in the first updates; null: all of them always.")]
    public BatchRamp? BatchRamp { get; init; }

    [Option("ζ of the z-loss, 1e-4 in PaLM, a penalty on large logits; null: none. The training loss that is reported includes it, the held-out loss does not.", Above = 0, Most = 1)]
    public double? ZLoss { get; init; }

    /// <summary>Tokens a sequence, the model's context if no length is given.</summary>
    [JsonIgnore]
    public int SequenceLength => Length ?? Model.MaxLength;

    /// <summary>Tokens an update, a ramp left out.</summary>
    [JsonIgnore]
    public long TokensPerStep => (long)Batch * SequenceLength * Accumulate;

    internal override int MicroBatches(int update) => BatchRamp?.At(update, Accumulate) ?? Accumulate;

    internal override void Check()
    {
        base.Check();
        if (SequenceLength > Model.MaxLength)
            throw new ArgumentException($"length is {SequenceLength}: at most the model's context of {Model.MaxLength} is needed");
        BatchRamp?.Check(Accumulate);
        if (Model is LlamaConfig { RopeLayout: not RopeLayout.HalfSplit })
            throw new ArgumentException("model.rope_layout is interleaved: train half_split, which is what checkpoints hold; the two differ only in the order of rows");
    }
}
