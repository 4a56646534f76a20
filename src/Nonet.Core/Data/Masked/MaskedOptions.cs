using Nonet.Files;

namespace Nonet.Data.Masked;

/// <summary>
/// How sentences become masked sequences. The defaults are BERT's (Devlin et al. 2018, appendix A.2 and the released
/// create_pretraining_data.py).
/// </summary>
public sealed record MaskedOptions
{
    /// <summary>Content of a sequence: pairs (BERT), full_sentences (RoBERTa) or document_sentences.</summary>
    [Option("Content of a sequence: pairs (BERT), full_sentences (RoBERTa) or document_sentences.")]
    public SentencePacking Packing { get; init; } = SentencePacking.Pairs;

    /// <summary>
    /// Probability that the target length of a pair is uniformly random from 2 tokens up instead of the full length. Drawn for each pair;
    /// the released code draws for each document.
    /// </summary>
    [Option("Probability that the target length of a pair is uniformly random from 2 tokens up instead of the full length. Drawn for each pair; the "
        + "released code draws for each document.", Least = 0, Most = 1)]
    public double ShortProbability { get; init; } = 0.1;

    /// <summary>
    /// Probability that the second text of a pair comes from another document. The actual share is larger, because a chunk of one sentence
    /// always gets its second text from another document.
    /// </summary>
    [Option("Probability that the second text of a pair comes from another document. The actual share is larger, because a chunk of one sentence always "
        + "gets its second text from another document.", Least = 0, Most = 1)]
    public double RandomNext { get; init; } = 0.5;

    /// <summary>Which tokens are predicted, and how they are replaced.</summary>
    [Option("Which tokens are predicted, and how they are replaced.")]
    public MaskingOptions Masking { get; init; } = new();

    /// <summary>
    /// Number of packings with their masks that the epochs use in turn (BERT's dupe_factor, 10). Null: every epoch has a new packing and
    /// new masks.
    /// </summary>
    [Option("Number of packings with their masks that the epochs use in turn (BERT's dupe_factor, 10). Null: every epoch has a new packing and new masks.",
        Least = 1)]
    public int? Duplicates { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option.</summary>
    public void Check()
    {
        if (ShortProbability is not (>= 0 and <= 1))
            throw new ArgumentException($"short_probability is {ShortProbability}; expected a number in [0, 1]");
        if (RandomNext is not (>= 0 and <= 1))
            throw new ArgumentException($"random_next is {RandomNext}; expected a number in [0, 1]");
        if (Duplicates is < 1)
            throw new ArgumentException($"duplicates is {Duplicates}: expected at least 1, or null for new masks in every epoch");
        Masking.Check();
    }
}

/// <summary>Content of a sequence.</summary>
public enum SentencePacking
{
    /// <summary>BERT: [CLS] A [SEP] B [SEP]. B follows A in its document or comes from another document.</summary>
    Pairs,

    /// <summary>
    /// FULL-SENTENCES of Liu et al. 2019, "RoBERTa", section 4.2: [CLS] sentences [SEP], as many as fit, from one document or from
    /// consecutive documents with a [SEP] between them.
    /// </summary>
    FullSentences,

    /// <summary>DOC-SENTENCES: the same within one document.</summary>
    DocumentSentences,
}

/// <summary>Which tokens are predicted, and how they are replaced.</summary>
public sealed record MaskingOptions
{
    /// <summary>
    /// Share of a sequence's tokens that is predicted: max(1, round(rate · length)) tokens, where length includes [CLS] and [SEP].
    /// </summary>
    [Option("Share of a sequence's tokens that is predicted: max(1, round(rate · length)) tokens, where length includes [CLS] and [SEP].", Above = 0, Most = 1)]
    public double Rate { get; init; } = 0.15;

    /// <summary>Largest number of predicted tokens in a sequence. Null: rate of the full length, rounded up (20 of 128, 77 of 512).</summary>
    [Option("Largest number of predicted tokens in a sequence. Null: rate of the full length, rounded up (20 of 128, 77 of 512).", Least = 1)]
    public int? MostPredictions { get; init; }

    /// <summary>Probability that a predicted token is replaced by [MASK].</summary>
    [Option("Probability that a predicted token is replaced by [MASK].", Least = 0, Most = 1)]
    public double Masked { get; init; } = 0.8;

    /// <summary>Probability that a predicted token is kept. The rest are replaced by a token drawn uniformly from the whole vocabulary.</summary>
    [Option("Probability that a predicted token is kept. The rest are replaced by a token drawn uniformly from the whole vocabulary.", Least = 0, Most = 1)]
    public double Kept { get; init; } = 0.1;

    /// <summary>
    /// Whether all parts of a word are predicted together. A word that would exceed the number of predictions is skipped. The replacement
    /// is drawn for each part separately.
    /// </summary>
    [Option("Whether all parts of a word are predicted together. A word that would exceed the number of predictions is skipped. The replacement is drawn "
        + "for each part separately.")]
    public bool WholeWords { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option.</summary>
    public void Check()
    {
        if (Rate is not (> 0 and <= 1))
            throw new ArgumentException($"rate is {Rate}; expected a number in (0, 1]");
        if (MostPredictions is < 1)
            throw new ArgumentException($"most_predictions is {MostPredictions}: expected at least 1");
        if (Masked is not (>= 0 and <= 1))
            throw new ArgumentException($"masked is {Masked}; expected a number in [0, 1]");
        if (Kept is not (>= 0 and <= 1) || Masked + Kept > 1 + 1e-12)
            throw new ArgumentException($"kept is {Kept}, masked {Masked}: expected numbers in [0, 1] whose sum is at most 1");
    }
}

/// <summary>A short sequence length for the first share of the steps and a long one for the rest: BERT uses 128 for 90 % and then 512.</summary>
public sealed record LengthSchedule
{
    /// <summary>Length of the first sequences, in tokens.</summary>
    public int Short { get; init; } = 128;

    /// <summary>Length of the later sequences, in tokens.</summary>
    public int Long { get; init; } = 512;

    /// <summary>Share of the steps with length <see cref="Short"/>.</summary>
    public double ShortShare { get; init; } = 0.9;

    /// <summary>Length at a step, counted from 0, of a run of <paramref name="steps"/>.</summary>
    public int At(long step, long steps) => step < (long)Math.Round(ShortShare * steps) ? Short : Long;

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option.</summary>
    public void Check()
    {
        if (Short < MaskedBatchSource.LeastLength || Long < Short)
            throw new ArgumentException(
                $"lengths {Short} and {Long}: expected at least {MaskedBatchSource.LeastLength}, and a second length that is not shorter than the first");
        if (ShortShare is not (>= 0 and <= 1))
            throw new ArgumentException($"short_share is {ShortShare}; expected a number in [0, 1]");
    }
}
