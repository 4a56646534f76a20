using System.Globalization;

namespace Nonet.Data.Masked;

/// <summary>Statistics of masked sequences, counted over a range of batches.</summary>
public sealed record MaskingStatistics
{
    /// <summary>Number of sequences.</summary>
    public required long Sequences { get; init; }

    /// <summary>Number of ids, including special tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>Number of predicted tokens.</summary>
    public required long Predicted { get; init; }

    /// <summary>Number of predicted tokens that became [MASK].</summary>
    public required long Masked { get; init; }

    /// <summary>Number of predicted tokens that did not change, by rule or because the random token was the original one.</summary>
    public required long Kept { get; init; }

    /// <summary>Number of pairs whose second text is from another document.</summary>
    public required long RandomNext { get; init; }

    /// <summary>Number of pairs.</summary>
    public required long Pairs { get; init; }

    /// <summary>Number of sequences whose target length was less than the full length.</summary>
    public required long Short { get; init; }

    /// <summary>Number of texts: two per pair, otherwise one per sequence.</summary>
    public required long Texts { get; init; }

    /// <summary>Number of sentences in all texts, before truncation.</summary>
    public required long Sentences { get; init; }

    /// <summary>Mean length of a sequence, in tokens.</summary>
    public double MeanLength => (double)Tokens / Sequences;

    /// <summary>Predicted share of all tokens, including special tokens.</summary>
    public double PredictedShare => (double)Predicted / Tokens;

    /// <summary>Share of the predicted tokens that became [MASK].</summary>
    public double MaskedShare => (double)Masked / Predicted;

    /// <summary>Share of the predicted tokens that did not change.</summary>
    public double KeptShare => (double)Kept / Predicted;

    /// <summary>Share of the predicted tokens that became another token.</summary>
    public double ReplacedShare => (double)(Predicted - Masked - Kept) / Predicted;

    /// <summary>
    /// Share of the pairs whose second text is from another document; 0 without pairs. It exceeds <see cref="MaskedOptions.RandomNext"/> if
    /// chunks of one sentence are common.
    /// </summary>
    public double RandomNextShare => Pairs == 0 ? 0 : (double)RandomNext / Pairs;

    /// <summary>Share of the sequences whose target length was less than the full length.</summary>
    public double ShortShare => (double)Short / Sequences;

    /// <summary>Mean number of sentences per text.</summary>
    public double SentencesPerText => (double)Sentences / Texts;

    /// <summary>Counts the first sequences of the first packing, up to a limit.</summary>
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

    /// <summary>The statistics as lines of text.</summary>
    public IEnumerable<string> Lines()
    {
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{Sequences} sequences of {MeanLength:0.0} tokens on average, {ShortShare:P1} with a random shorter target length");
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{PredictedShare:P2} of the tokens are predicted: {MaskedShare:P1} masked, {KeptShare:P1} kept, {ReplacedShare:P1} replaced");
        if (Pairs > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"{RandomNextShare:P1} of the pairs have a random second text");
        yield return string.Create(CultureInfo.InvariantCulture, $"{SentencesPerText:0.00} sentences a text");
    }
}
