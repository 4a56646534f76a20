using System.Text.Json.Serialization;
using Nonet.Data.Masked;
using Nonet.Files;
using Nonet.Models.Encoders;

namespace Nonet.Recipes.Masked;

/// <summary>What determines the outcome of <see cref="PretrainMasked"/>; the defaults are those of Devlin et al. 2018, appendix A.2, but for the size of a batch.</summary>
public sealed record MaskedTrainingOptions : TrainingOptions
{
    public MaskedTrainingOptions() =>
        (LearningRate, Warmup, Schedule, Floor, AdamW) = (1e-4, 10_000, ScheduleKind.Linear, 0, new() { Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-6, WeightDecay = 0.01, BiasCorrection = false });

    [Option("Sequences a micro-batch.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 32;

    [Option("Most tokens of a sequence; null: the model's context.", Least = MaskedBatchSource.LeastLength)]
    public int? Length { get; init; }

    [Option("Most tokens of a sequence in the first short_share of the updates; null: length all along. Devlin et al. 2018, appendix A.2: 128.", Least = MaskedBatchSource.LeastLength)]
    public int? ShortLength { get; init; }

    [Option("Share of the updates at short_length.", Least = 0, Most = 1)]
    public double ShortShare { get; init; } = 0.9;

    [Option("What sequences hold and what of them is masked.")]
    public MaskedOptions Sequences { get; init; } = new();

    [Option("A causal model reads the text unmasked and predicts each chosen token at the place before it, as language models do; else it reads what BERT reads, masks at those places.")]
    public bool NextToken { get; init; }

    [JsonIgnore]
    internal int SequenceLength => Length ?? Model.MaxLength;

    /// <summary>Most tokens of a sequence at an update, counted from 1.</summary>
    internal int LengthAt(int update) => ShortLength is { } length ? new LengthSchedule { Short = length, Long = SequenceLength, ShortShare = ShortShare }.At(update - 1, Steps) : SequenceLength;

    internal override void Check()
    {
        base.Check();
        if (SequenceLength < MaskedBatchSource.LeastLength)
            throw new ArgumentException($"length is {SequenceLength}: at least {MaskedBatchSource.LeastLength} is needed");
        if (SequenceLength > Model.MaxLength)
            throw new ArgumentException($"length is {SequenceLength}: at most the model's context of {Model.MaxLength} is needed");
        if (ShortLength is { } length && (length < MaskedBatchSource.LeastLength || length > SequenceLength))
            throw new ArgumentException($"short_length is {length}: {MaskedBatchSource.LeastLength} to length, {SequenceLength}, is needed, or null");
        Sequences.Check();
        if (Model is not BertConfig { Head: BertHead.PreTraining or BertHead.Masked } bert)
            throw new ArgumentException($"the model is a {Model.Kind} without a head for masked tokens: bert or roberta is needed");
        if (NextToken && !bert.Causal)
            throw new ArgumentException("next_token is true and the model sees both sides, so that it would read what it is to predict: model.causal: true is needed");
        if (Sequences.Packing == SentencePacking.Pairs && bert.Segments < 2)
            throw new ArgumentException("packing is pairs and the model has one segment: packing: full_sentences is needed, as RoBERTa has it, or a bert");
    }
}
