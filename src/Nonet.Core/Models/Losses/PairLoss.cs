using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Models.Losses;

/// <summary>Training loss of an encoder-decoder.</summary>
public static class PairLoss
{
    /// <summary>
    /// Mean of −log p(label) in nats over the target tokens of a batch, including end tokens. Label smoothing follows Vaswani et al. 2017,
    /// section 5.4.
    /// </summary>
    public static Tensor Loss(this IEncoderDecoder model, PairBatch batch, float smoothing = 0)
    {
        CausalLoss.CheckTargets(batch.Labels, batch.Target);
        var hidden = model.Decode(batch.Target, model.Encode(batch.Source));
        return TokenLoss.Mean(model.Output, model.Vocab, hidden, batch.Labels, new LossTerms(-1, smoothing, 0));
    }

    internal static Tensor Loss(IEncoderDecoder model, PairBatch batch, float smoothing, long wholeLimit, int pieceRows)
    {
        CausalLoss.CheckTargets(batch.Labels, batch.Target);
        var hidden = model.Decode(batch.Target, model.Encode(batch.Source));
        return TokenLoss.Mean(model.Output, model.Vocab, hidden, batch.Labels, new LossTerms(-1, smoothing, 0), wholeLimit, pieceRows);
    }
}
