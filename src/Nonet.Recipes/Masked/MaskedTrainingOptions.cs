using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nonet.Data.Masked;
using Nonet.Models.Encoders;

namespace Nonet.Recipes.Masked;

/// <summary>What determines the outcome of <see cref="PretrainMasked"/>.</summary>
public sealed record MaskedTrainingOptions : TrainingOptions
{
    /// <summary>Sequences a micro-batch.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Most tokens of a sequence; null is the model's context.</summary>
    public int? Length { get; init; }

    /// <summary>Most tokens of a sequence in the first <see cref="ShortShare"/> of the updates; null: <see cref="Length"/> all along. Devlin et al. 2018, appendix A.2: 128.</summary>
    public int? ShortLength { get; init; }

    /// <summary>Share of the updates at <see cref="ShortLength"/>.</summary>
    public double ShortShare { get; init; } = 0.9;

    /// <summary>What sequences hold and what of them is masked.</summary>
    public MaskedOptions Sequences { get; init; } = new();

    /// <summary>A causal model reads the text unmasked and predicts each chosen token at the place before it, as language models do; else it reads what BERT reads, masks at those places.</summary>
    public bool NextToken { get; init; }

    [JsonIgnore]
    internal int SequenceLength => Length ?? Model.MaxLength;

    /// <summary>Most tokens of a sequence at an update, counted from 1.</summary>
    internal int LengthAt(int update) => ShortLength is { } length ? new LengthSchedule { Short = length, Long = SequenceLength, ShortShare = ShortShare }.At(update - 1, Steps) : SequenceLength;

    private protected override JsonObject OwnJson() => (JsonObject)JsonSerializer.SerializeToNode(this, RecipeJson.Default.MaskedTrainingOptions)!;

    internal override void Check()
    {
        AtLeast(1, Batch, "batch");
        base.Check();
        AtLeast(MaskedBatchSource.LeastLength, SequenceLength, "length");
        if (SequenceLength > Model.MaxLength)
            throw new ArgumentException($"length is {SequenceLength}: at most the model's context of {Model.MaxLength} is needed");
        if (ShortLength is { } length && (length < MaskedBatchSource.LeastLength || length > SequenceLength))
            throw new ArgumentException($"short_length is {length}: {MaskedBatchSource.LeastLength} to length, {SequenceLength}, is needed, or null");
        if (ShortShare is not (>= 0 and <= 1))
            throw new ArgumentException($"short_share is {ShortShare}: a number in [0, 1] is needed");
        Sequences.Check();
        if (Model is not BertConfig { Head: BertHead.PreTraining or BertHead.Masked } bert)
            throw new ArgumentException($"the model is a {Model.Kind} without a head for masked tokens: bert or roberta is needed");
        if (NextToken && !bert.Causal)
            throw new ArgumentException("next_token is true and the model sees both sides, so that it would read what it is to predict: model.causal: true is needed");
        if (Sequences.Packing == SentencePacking.Pairs && bert.Segments < 2)
            throw new ArgumentException("packing is pairs and the model has one segment: packing: full_sentences is needed, as RoBERTa has it, or a bert");
    }
}
