namespace Nonet.Data.Masked;

/// <summary>What the sequences of masked data are like: counts of a stretch of batches.</summary>
public sealed record MaskingStatistics
{
    public required long Sequences { get; init; }

    /// <summary>Ids, marks included.</summary>
    public required long Tokens { get; init; }

    /// <summary>Ids that are to be predicted.</summary>
    public required long Predicted { get; init; }

    /// <summary>Of the predicted, those that became [MASK].</summary>
    public required long Masked { get; init; }

    /// <summary>Of the predicted, those that stand as they were, by rule or because the random token was the true one.</summary>
    public required long Kept { get; init; }

    /// <summary>Pairs whose second text is from another document.</summary>
    public required long RandomNext { get; init; }

    /// <summary>Pairs among the sequences.</summary>
    public required long Pairs { get; init; }

    /// <summary>Sequences that aimed at less than the full length.</summary>
    public required long Short { get; init; }

    /// <summary>Texts: two of a pair, else one.</summary>
    public required long Texts { get; init; }

    /// <summary>Sentences of all texts, before truncation.</summary>
    public required long Sentences { get; init; }

    public double MeanLength => (double)Tokens / Sequences;

    /// <summary>Share of the ids, marks included, that are predicted.</summary>
    public double PredictedShare => (double)Predicted / Tokens;
    public double MaskedShare => (double)Masked / Predicted;
    public double KeptShare => (double)Kept / Predicted;

    /// <summary>Share of the predicted that became another token.</summary>
    public double ReplacedShare => (double)(Predicted - Masked - Kept) / Predicted;

    /// <summary>Share of pairs whose second text is from another document: above <see cref="MaskedOptions.RandomNext"/> where chunks of one sentence are common. 0 without pairs.</summary>
    public double RandomNextShare => Pairs == 0 ? 0 : (double)RandomNext / Pairs;
    public double ShortShare => (double)Short / Sequences;
    public double SentencesPerText => (double)Sentences / Texts;

    /// <summary>Counts the first sequences of the first packing, at most so many.</summary>
    public static MaskingStatistics Of(MaskedBatchSource source, int length, long most = long.MaxValue)
    {
        long sequences = 0, tokens = 0, predicted = 0, masked = 0, kept = 0, random = 0, pairs = 0, texts = 0, sentences = 0;
        foreach (var batch in source.Once(length))
        {
            sequences += batch.Sequences;
            tokens += batch.Ids.Length;
            predicted += batch.MaskedRows.Length;
            for (var i = 0; i < batch.MaskedRows.Length; i++)
            {
                var id = batch.Ids[batch.MaskedRows[i]];
                masked += id == source.Marks.Mask ? 1 : 0;
                kept += id == batch.MaskedTargets[i] && id != source.Marks.Mask ? 1 : 0;
            }
            if (sequences >= most)
                break;
        }
        var isShort = 0L;
        foreach (var instance in source.Packed(0, length).Take((int)Math.Min(int.MaxValue, sequences)))
        {
            isShort += instance.Short ? 1 : 0;
            pairs += instance.SecondLength > 0 ? 1 : 0;
            random += instance.Random ? 1 : 0;
            texts += instance.SecondLength > 0 ? 2 : 1;
            sentences += instance.FirstSentences + instance.SecondSentences;
        }
        return new MaskingStatistics
        {
            Sequences = sequences,
            Tokens = tokens,
            Predicted = predicted,
            Masked = masked,
            Kept = kept,
            RandomNext = random,
            Pairs = pairs,
            Short = isShort,
            Texts = texts,
            Sentences = sentences,
        };
    }

    /// <summary>The figures in lines of words.</summary>
    public IEnumerable<string> Lines()
    {
        yield return FormattableString.Invariant($"{Sequences} sequences of {MeanLength:0.0} tokens on average, {ShortShare:P1} of them short by choice");
        yield return FormattableString.Invariant($"{PredictedShare:P2} of the tokens are predicted: {MaskedShare:P1} masked, {KeptShare:P1} kept, {ReplacedShare:P1} replaced");
        if (Pairs > 0)
            yield return FormattableString.Invariant($"{RandomNextShare:P1} of the pairs have a random second text");
        yield return FormattableString.Invariant($"{SentencesPerText:0.00} sentences a text");
    }
}
