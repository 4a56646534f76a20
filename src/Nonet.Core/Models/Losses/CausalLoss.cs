using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.Losses;

/// <summary>Training loss of a decoder.</summary>
public static class CausalLoss
{
    /// <summary>
    /// Mean of −log p(target) in nats over the tokens whose target is not <paramref name="ignore"/>, with label smoothing and z-loss as in
    /// <see cref="Ops.CrossEntropy"/>. The targets (N) are the tokens that follow the tokens of the batch. 0 if all are ignored. If N ·
    /// Vocab is large, output projection and cross-entropy run over pieces of the rows, which the backward pass recomputes. The N × Vocab
    /// logits then never exist at once. While a tape records, a model that balances its experts adds the load-balancing loss.
    /// </summary>
    public static Tensor Loss(this ICausalModel model, Batch batch, Indices targets, int ignore = -1, float smoothing = 0, float zLoss = 0)
    {
        CheckTargets(targets, batch);
        var terms = new LossTerms(ignore, smoothing, zLoss);
        if (!Tape.IsRecording || model is not Qwen3Moe { Config: { BalancesExperts: true } config })
            return TokenLoss.Mean(model.Output, model.Vocab, model.Forward(batch), targets, terms);
        var routers = new RouterProbabilities();
        var loss = TokenLoss.Mean(model.Output, model.Vocab, model.Forward(batch.With(routers)), targets, terms);
        return routers.Layers.Count == 0 ? loss : Ops.Add(loss, Ops.Scale(RouterLoss.Balance(routers.Layers, config.Routing), config.RouterLossFactor));
    }

    internal static Tensor Loss(ICausalModel model, Batch batch, Indices targets, int ignore, float smoothing, float zLoss, long wholeLimit, int pieceRows)
    {
        CheckTargets(targets, batch);
        return TokenLoss.Mean(model.Output, model.Vocab, model.Forward(batch), targets, new LossTerms(ignore, smoothing, zLoss), wholeLimit, pieceRows);
    }

    internal static void CheckTargets(Indices targets, Batch batch)
    {
        if (targets.Shape != batch.Ids.Shape)
            throw new ShapeException($"targets {targets.Shape} for a batch of ids {batch.Ids.Shape}: expected one target per token");
    }
}
