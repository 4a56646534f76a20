using System.Text.Json.Serialization;
using Nonet.Data.Masked;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;

namespace Nonet.Recipes.Masked;

/// <summary>
/// Settings that determine the result of <see cref="PretrainMasked"/>. The defaults are those of Devlin et al. 2018, appendix A.2, except
/// for the batch size.
/// </summary>
public sealed record MaskedTrainingOptions : TrainingOptions
{
    /// <summary>Settings of Devlin et al. 2018, appendix A.2, with a smaller batch.</summary>
    public MaskedTrainingOptions() =>
        (LearningRate, Warmup, Schedule, Floor, AdamW) =
        (1e-4, 10_000, ScheduleKind.Linear, 0, new() { Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-6, WeightDecay = 0.01, BiasCorrection = false });

    /// <summary>Sequences per micro-batch.</summary>
    [Option("Sequences per micro-batch.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 32;

    /// <summary>Largest number of tokens in a sequence; null: the model's context.</summary>
    [Option("Largest number of tokens in a sequence; null: the model's context.", Least = MaskedBatchSource.LeastLength)]
    public int? Length { get; init; }

    /// <summary>
    /// Largest number of tokens in a sequence during the first short_share of the updates; null: length from the start. Devlin et al. 2018,
    /// appendix A.2: 128.
    /// </summary>
    [Option("Largest number of tokens in a sequence during the first short_share of the updates; null: length from the start. Devlin et al. 2018, appendix "
        + "A.2: 128.", Least = MaskedBatchSource.LeastLength)]
    public int? ShortLength { get; init; }

    /// <summary>Share of the updates with short_length.</summary>
    [Option("Share of the updates with short_length.", Least = 0, Most = 1)]
    public double ShortShare { get; init; } = 0.9;

    /// <summary>Content of the sequences, and masking.</summary>
    [Option("Content of the sequences, and masking.")]
    public MaskedOptions Sequences { get; init; } = new();

    /// <summary>
    /// Whether a causal model reads the unmasked text and predicts each chosen token from the position before it, as language models do.
    /// Otherwise it reads masks at these positions, as BERT does.
    /// </summary>
    [Option("Whether a causal model reads the unmasked text and predicts each chosen token from the position before it, as language models do. Otherwise it "
        + "reads masks at these positions, as BERT does.")]
    public bool NextToken { get; init; }

    [JsonIgnore]
    internal int SequenceLength => Length ?? Model.MaxLength;

    /// <summary>Largest number of tokens in a sequence at an update; updates are counted from 1.</summary>
    internal int LengthAt(int update) =>
        ShortLength is { } length ? new LengthSchedule { Short = length, Long = SequenceLength, ShortShare = ShortShare }.At(update - 1, Steps)
        : SequenceLength;

    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch
    {
        get
        {
            var tokens = (long)Batch * SequenceLength;
            return (tokens, (long)Math.Ceiling(tokens * Sequences.Masking.Rate));
        }
    }

    internal override void Check()
    {
        base.Check();
        if (SequenceLength < MaskedBatchSource.LeastLength)
            throw new ArgumentException($"length is {SequenceLength}; expected at least {MaskedBatchSource.LeastLength}");
        if (SequenceLength > Model.MaxLength)
            throw new ArgumentException($"length is {SequenceLength}; expected at most the model's context of {Model.MaxLength}");
        if (ShortLength is { } length && (length < MaskedBatchSource.LeastLength || length > SequenceLength))
            throw new ArgumentException($"short_length is {length}; expected {MaskedBatchSource.LeastLength} to length, {SequenceLength}, or null");
        Sequences.Check();
        if (Model is not BertConfig { Head: ModelHead.PreTraining or ModelHead.Masked } bert)
            throw new ArgumentException($"the model is a {Model.Kind} without a head for masked tokens; expected bert or roberta");
        if (NextToken && !bert.Causal)
            throw new ArgumentException("next_token is true, but a bidirectional model would read the tokens that it should predict: set model.causal: true");
        if (Sequences.Packing == SentencePacking.Pairs && bert.Segments < 2)
            throw new ArgumentException("packing is pairs, but the model has only one segment: set packing: full_sentences, as for RoBERTa, or use a bert");
    }
}
