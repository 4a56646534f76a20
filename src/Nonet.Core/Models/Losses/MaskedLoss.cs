using Nonet.Data.Masked;
using Nonet.Models.Encoders;
using Nonet.Tensors;

namespace Nonet.Models.Losses;

/// <summary>Pre-training loss of BERT.</summary>
public static class MaskedLoss
{
    /// <summary>
    /// Mean of −log p(target) over the masked tokens, and mean of −log p(label) over the pairs of sentences, both in nats. Devlin et al.
    /// 2018, section 3.1. The output projection runs on the rows of masked tokens only.
    /// </summary>
    /// <param name="model">A model with a head for masked tokens.</param>
    /// <param name="masked">Sequences.</param>
    /// <param name="random">Dropout; null: none.</param>
    /// <param name="nextToken">
    /// Trains a left-to-right language model instead: the text is read unmasked, and each of these tokens is predicted from the position
    /// before it. For a <see cref="BertConfig.Causal">causal</see> model.
    /// </param>
    /// <returns>Two scalars and the logits of the pairs. The second scalar is null if the model or the data has no pairs.</returns>
    public static (Tensor Masked, Tensor? Next, Tensor? NextLogits) Losses(this Bert model, MaskedBatch masked, RandomKey? random = null,
        bool nextToken = false)
    {
        var device = model.Parameters.Device;
        if (nextToken)
        {
            if (!model.Config.Causal)
                throw new ArgumentException("a bidirectional model would read the tokens that it should predict; expected a causal model", nameof(nextToken));
            masked = LeftToRight(masked);
        }
        var batch = new Batch(device.From(masked.Ids), device.From(masked.Positions), device.From(masked.Starts));
        if (random is { } key)
            batch = batch.With(key);
        var hidden = model.Forward(batch, model.Config.Segments > 1 ? device.From(masked.Segments) : null);
        var predicted = Ops.Embedding(hidden, device.From(masked.MaskedRows));
        var loss = TokenLoss.Mean(model.Output, model.Vocab, predicted, device.From(masked.MaskedTargets), new LossTerms(-1, 0, 0));
        if (masked.NextLabels is not { } labels || model.NextSentence is null)
            return (loss, null, null);
        var logits = model.Task(hidden, batch);
        return (loss, Ops.CrossEntropy(logits, device.From(labels)), logits);
    }

    /// <summary>Restores the masked tokens and moves each prediction one position earlier.</summary>
    static MaskedBatch LeftToRight(MaskedBatch masked)
    {
        var ids = (int[])masked.Ids.Clone();
        for (var i = 0; i < masked.MaskedRows.Length; i++)
            ids[masked.MaskedRows[i]] = masked.MaskedTargets[i];
        // a sequence begins with a special token, which is never predicted
        return masked with { Ids = ids, MaskedRows = Array.ConvertAll(masked.MaskedRows, row => row - 1) };
    }
}
