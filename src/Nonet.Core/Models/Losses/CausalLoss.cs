using Nonet.Tensors;

namespace Nonet.Models.Losses;

/// <summary>What a decoder is trained on.</summary>
public static class CausalLoss
{
    /// <summary>
    /// Mean of −log p(target) over the tokens whose target is not <paramref name="ignore"/>, in nats, with label smoothing and z-loss as in <see cref="Ops.CrossEntropy"/>. Where N · Vocab is large, output
    /// projection and cross-entropy run over pieces of rows that are computed again in the backward pass, so that the N × Vocab logits
    /// never exist at once. The targets, (N), are the token after each token of the batch. 0 where all are ignored.
    /// </summary>
    public static Tensor Loss(this ICausalModel model, Batch batch, Indices targets, int ignore = -1, float smoothing = 0, float zLoss = 0)
    {
        CheckTargets(targets, batch);
        return TokenLoss.Mean(model.Output, model.Vocab, model.Forward(batch), targets, new LossTerms(ignore, smoothing, zLoss));
    }

    internal static Tensor Loss(ICausalModel model, Batch batch, Indices targets, int ignore, float smoothing, float zLoss, long wholeLimit, int pieceRows)
    {
        CheckTargets(targets, batch);
        return TokenLoss.Mean(model.Output, model.Vocab, model.Forward(batch), targets, new LossTerms(ignore, smoothing, zLoss), wholeLimit, pieceRows);
    }

    internal static void CheckTargets(Indices targets, Batch batch)
    {
        if (targets.Shape != batch.Ids.Shape)
            throw new ShapeException($"targets {targets.Shape} for a batch of ids {batch.Ids.Shape}: one target a token is needed");
    }
}
