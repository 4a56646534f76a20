using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.Losses;

/// <summary>Cross-entropy of the output projection of any kind of model.</summary>
static class TokenLoss
{
    /// <summary>With more logits than this, the loss is computed in pieces.</summary>
    const long WholeLimit = 64L << 20;

    /// <summary>Logits per piece.</summary>
    const int PieceElements = 16 << 20;

    /// <summary>
    /// Mean of −log p(target) in nats over the hidden states (N, Width) whose target is not ignored; 0 if all are ignored. If N · vocab is
    /// large, output projection and cross-entropy run over pieces of the rows, which the backward pass recomputes. The N × vocab logits
    /// then never exist at once. Rows whose target is ignored have no logits.
    /// </summary>
    /// <param name="output">Output projection: logits of hidden states.</param>
    /// <param name="vocab">Logits per row.</param>
    /// <param name="hidden">(N, Width).</param>
    /// <param name="targets">(N).</param>
    /// <param name="terms">Ignored target, label smoothing and z-loss: see <see cref="Ops.CrossEntropy"/>.</param>
    public static Tensor Mean(Func<Tensor, Tensor> output, int vocab, Tensor hidden, Indices targets, LossTerms terms) =>
        Mean(output, vocab, hidden, targets, terms, WholeLimit, Math.Max(1, PieceElements / vocab));

    internal static Tensor Mean(Func<Tensor, Tensor> output, int vocab, Tensor hidden, Indices targets, LossTerms terms, long wholeLimit, int pieceRows)
    {
        if (terms.Counted(targets.Values) is var used && used > 0 && used < targets.Shape[0])
            (hidden, targets) = Predicting(hidden, targets, terms, used);
        var rows = targets.Shape[0];
        if ((long)rows * vocab <= wholeLimit || rows <= pieceRows)
            return terms.CrossEntropy(output(hidden), targets);
        var ids = targets.Values;
        var sizes = new int[(ids.Length + pieceRows - 1) / pieceRows];
        for (var i = 0; i < sizes.Length; i++)
            sizes[i] = Math.Min(pieceRows, ids.Length - i * pieceRows);
        var pieces = Ops.Split(hidden, 0, sizes);
        Tensor? total = null;
        for (var i = 0; i < pieces.Length; i++)
        {
            var loss = Piece(output, pieces[i], targets.Device.From(ids.Slice(i * pieceRows, sizes[i])), terms, (float)sizes[i] / rows);
            total = total is null ? loss : Ops.Add(total, loss);
        }
        return total!;
    }

    /// <summary>The rows with a target, and their targets.</summary>
    static (Tensor Hidden, Indices Targets) Predicting(Tensor hidden, Indices targets, LossTerms terms, int count)
    {
        var ids = targets.Values;
        var (rows, kept) = (new int[count], new int[count]);
        for (int i = 0, n = 0; i < ids.Length; i++)
        {
            if (ids[i] != terms.Ignore)
                (rows[n], kept[n++]) = (i, ids[i]);
        }
        return (Ops.Embedding(hidden, targets.Device.From(rows)), targets.Device.From(kept));
    }

    static Tensor Piece(Func<Tensor, Tensor> output, Tensor hidden, Indices targets, LossTerms terms, float share)
    {
        if (Tape.IsRecording)
            return Ops.Checkpoint(h => Ops.Scale(terms.CrossEntropy(output(h), targets), share), hidden);
        using var scope = new TensorScope();
        return scope.Keep(Ops.Scale(terms.CrossEntropy(output(hidden), targets), share));
    }
}

/// <summary>Settings of a cross-entropy.</summary>
readonly record struct LossTerms(int Ignore, float Smoothing, float ZLoss)
{
    public Tensor CrossEntropy(Tensor logits, Indices targets) => Ops.CrossEntropy(logits, targets, Ignore, Smoothing, ZLoss);

    public int Counted(ReadOnlySpan<int> targets) => targets.Length - MemoryExtensions.Count(targets, Ignore);
}
