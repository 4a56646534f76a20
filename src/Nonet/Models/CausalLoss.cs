using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models;

/// <summary>What a decoder is trained on.</summary>
public static class CausalLoss
{
    /// <summary>Above this many logits they are never all in memory.</summary>
    const long WholeLimit = 64L << 20;

    /// <summary>Logits of one piece where the loss is computed in pieces.</summary>
    const int PieceElements = 16 << 20;

    /// <summary>
    /// Mean of −log p(target) over the tokens whose target is not <paramref name="ignore"/>, in nats, with label smoothing and z-loss as in <see cref="Ops.CrossEntropy"/>. Where N · Vocab is large, output
    /// projection and cross-entropy run over pieces of rows that are computed again in the backward pass, so that the N × Vocab logits
    /// never exist at once. The targets, (N) I32, are the token after each token of the batch. 0 where all are ignored.
    /// </summary>
    public static Tensor Loss(this ICausalModel model, Batch batch, Tensor targets, int ignore = -1, float smoothing = 0, float zLoss = 0) =>
        Loss(model, batch, targets, ignore, smoothing, zLoss, WholeLimit, Math.Max(1, PieceElements / model.Vocab));

    internal static Tensor Loss(ICausalModel model, Batch batch, Tensor targets, int ignore, float smoothing, float zLoss, long wholeLimit, int pieceRows)
    {
        if (targets.Shape != batch.Ids.Shape)
            throw new ShapeException($"targets {targets.Shape} for a batch of ids {batch.Ids.Shape}: one target a token is needed");
        var hidden = model.Forward(batch);
        if ((long)batch.Tokens * model.Vocab <= wholeLimit || batch.Tokens <= pieceRows)
            return Ops.CrossEntropy(model.Output(hidden), targets, ignore, smoothing, zLoss);
        return InPieces(model, hidden, targets, ignore, smoothing, zLoss, pieceRows);
    }

    static Tensor InPieces(ICausalModel model, Tensor hidden, Tensor targets, int ignore, float smoothing, float zLoss, int pieceRows)
    {
        var ids = targets.AsSpan<int>();
        var counted = Counted(ids, ignore);
        var sizes = new int[(ids.Length + pieceRows - 1) / pieceRows];
        for (var i = 0; i < sizes.Length; i++)
            sizes[i] = Math.Min(pieceRows, ids.Length - i * pieceRows);
        var pieces = Ops.Split(hidden, 0, sizes);
        Tensor? total = null;
        for (var i = 0; i < pieces.Length; i++)
        {
            var part = ids.Slice(i * pieceRows, sizes[i]);
            var n = Counted(part, ignore);
            if (n == 0 && counted > 0)
                continue;
            var loss = Piece(model, pieces[i], targets.Device.From(part), ignore, smoothing, zLoss, (float)n / Math.Max(1, counted));
            total = total is null ? loss : Ops.Add(total, loss);
        }
        return total!;
    }

    static Tensor Piece(ICausalModel model, Tensor hidden, Tensor targets, int ignore, float smoothing, float zLoss, float share)
    {
        if (Tape.IsRecording)
            return Ops.Checkpoint(h => Weighted(model, h, targets, ignore, smoothing, zLoss, share), hidden);
        using var scope = new TensorScope();
        return scope.Keep(Weighted(model, hidden, targets, ignore, smoothing, zLoss, share));
    }

    static Tensor Weighted(ICausalModel model, Tensor hidden, Tensor targets, int ignore, float smoothing, float zLoss, float share) =>
        Ops.Scale(Ops.CrossEntropy(model.Output(hidden), targets, ignore, smoothing, zLoss), share);

    static int Counted(ReadOnlySpan<int> targets, int ignore) => targets.Length - MemoryExtensions.Count(targets, ignore);
}
