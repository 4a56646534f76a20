using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Models.Losses;

/// <summary>What an encoder-decoder is trained on.</summary>
public static class PairLoss
{
    /// <summary>Mean of −log p(label) over the target tokens of a batch, end marks included, in nats; with label smoothing it is that of the softened targets: Vaswani et al. 2017, section 5.4.</summary>
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
