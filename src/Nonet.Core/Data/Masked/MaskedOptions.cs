using Nonet.Files;

namespace Nonet.Data.Masked;

/// <summary>How sentences become sequences with masks; the defaults are BERT's (Devlin et al. 2018, appendix A.2 and the released create_pretraining_data.py).</summary>
public sealed record MaskedOptions
{
    [Option("Contents of a sequence: pairs (BERT), full_sentences (RoBERTa) or document_sentences.")]
    public SentencePacking Packing { get; init; } = SentencePacking.Pairs;

    [Option("Probability that a pair gets a random target length, uniform from 2 tokens up, instead of the full length. Drawn for each pair; the released code draws for each document.", Least = 0, Most = 1)]
    public double ShortProbability { get; init; } = 0.1;

    [Option("Probability that the second text of a pair comes from another document. The resulting fraction is larger, because a chunk with a single sentence always gets a text from another document.", Least = 0, Most = 1)]
    public double RandomNext { get; init; } = 0.5;

    [Option("Which tokens are predicted, and what replaces them.")]
    public MaskingOptions Masking { get; init; } = new();

    [Option("Null: every epoch has new packings and masks. A number (BERT's dupe_factor, 10): so many packings with their masks are used in turn, one per epoch.", Least = 1)]
    public int? Duplicates { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    public void Check()
    {
        if (ShortProbability is not (>= 0 and <= 1))
            throw new ArgumentException($"short_probability is {ShortProbability}: a number in [0, 1] is needed");
        if (RandomNext is not (>= 0 and <= 1))
            throw new ArgumentException($"random_next is {RandomNext}: a number in [0, 1] is needed");
        if (Duplicates is < 1)
            throw new ArgumentException($"duplicates is {Duplicates}: 1 at least, or null for new masks in every epoch, is needed");
        Masking.Check();
    }
}

/// <summary>What a sequence holds.</summary>
public enum SentencePacking
{
    /// <summary>[CLS] A [SEP] B [SEP]; B follows A in its document, or is from another: BERT.</summary>
    Pairs,

    /// <summary>[CLS] sentences [SEP], as many as fit, from one document or, with a [SEP] between, from several that follow each other: FULL-SENTENCES of Liu et al. 2019, "RoBERTa", section 4.2.</summary>
    FullSentences,

    /// <summary>The same within one document: DOC-SENTENCES.</summary>
    DocumentSentences,
}

/// <summary>Which tokens are to be predicted, and what stands in their place.</summary>
public sealed record MaskingOptions
{
    [Option("Fraction of a sequence that is predicted: max(1, round(rate · length)) tokens, where length includes [CLS] and [SEP].", Above = 0, Most = 1)]
    public double Rate { get; init; } = 0.15;

    [Option("Maximum number of predicted tokens per sequence. Null: rate times the full length, rounded up (20 of 128, 77 of 512).", Least = 1)]
    public int? MostPredictions { get; init; }

    [Option("Probability that a predicted token is replaced by [MASK].", Least = 0, Most = 1)]
    public double Masked { get; init; } = 0.8;

    [Option("Probability that a predicted token is kept. The rest are replaced by a random token of the vocabulary.", Least = 0, Most = 1)]
    public double Kept { get; init; } = 0.1;

    [Option("Predicts all parts of a word together. A word that would exceed the number of predictions is skipped. Each part is masked, kept or replaced independently.")]
    public bool WholeWords { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    public void Check()
    {
        if (Rate is not (> 0 and <= 1))
            throw new ArgumentException($"rate is {Rate}: a number in (0, 1] is needed");
        if (MostPredictions is < 1)
            throw new ArgumentException($"most_predictions is {MostPredictions}: 1 at least is needed");
        if (Masked is not (>= 0 and <= 1))
            throw new ArgumentException($"masked is {Masked}: a number in [0, 1] is needed");
        if (Kept is not (>= 0 and <= 1) || Masked + Kept > 1 + 1e-12)
            throw new ArgumentException($"kept is {Kept}, masked {Masked}: numbers in [0, 1] that add up to 1 at most are needed");
    }
}

/// <summary>Sequences of one length for a first share of the steps, of another for the rest: BERT's 128 for 90 %, then 512.</summary>
public sealed record LengthSchedule
{
    public int Short { get; init; } = 128;
    public int Long { get; init; } = 512;

    /// <summary>Share of the steps at <see cref="Short"/>.</summary>
    public double ShortShare { get; init; } = 0.9;

    /// <summary>The length at a step of so many, counted from 0.</summary>
    public int At(long step, long steps) => step < (long)Math.Round(ShortShare * steps) ? Short : Long;

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    public void Check()
    {
        if (Short < MaskedBatchSource.LeastLength || Long < Short)
            throw new ArgumentException($"lengths {Short} and {Long}: {MaskedBatchSource.LeastLength} at least, and the second no shorter, are needed");
        if (ShortShare is not (>= 0 and <= 1))
            throw new ArgumentException($"short_share is {ShortShare}: a number in [0, 1] is needed");
    }
}
