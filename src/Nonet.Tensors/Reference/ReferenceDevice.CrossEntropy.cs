using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void CrossEntropy(Tensor logits, Indices targets, TargetTerms terms, Tensor loss, Tensor statistics)
    {
        var vocab = logits.Shape.Last;
        var total = 0.0;
        for (var row = 0L; row < logits.Shape.Rows; row++)
        {
            if (targets.I32[row] == terms.Ignore)
                continue;
            var lse = LogSumExp(logits, row);
            total += terms.Zeta * lse * lse;
            for (var j = 0; j < vocab; j++)
                total -= Wanted(targets.I32[row], j, vocab, terms) * (logits.F64[row * vocab + j] - lse);
        }
        loss.F64[0] = terms.Counted == 0 ? 0 : total / terms.Counted;
    }

    /// <inheritdoc/>
    public override void CrossEntropyBackward(Tensor dloss, Tensor logits, Indices targets, TargetTerms terms, Tensor statistics, GradientTarget dlogits)
    {
        var vocab = logits.Shape.Last;
        for (var row = 0L; dlogits.Wanted && row < logits.Shape.Rows; row++)
        {
            var counts = targets.I32[row] != terms.Ignore;
            var lse = counts ? LogSumExp(logits, row) : 0;
            for (var j = 0; j < vocab; j++)
            {
                var e = row * vocab + j;
                Put(dlogits, e,
                    counts ? dloss.F64[0] * (Math.Exp(logits.F64[e] - lse) * (1 + 2 * terms.Zeta * lse) - Wanted(targets.I32[row], j, vocab, terms))
                    / terms.Counted : 0);
            }
        }
    }

    /// <inheritdoc/>
    public override void LogProbabilities(Tensor logits, Indices targets, Tensor y, Tensor statistics)
    {
        for (var row = 0L; row < logits.Shape.Rows; row++)
        {
            var target = targets.I32[row];
            y.F64[row] = target < 0 ? 0 : logits.F64[row * logits.Shape.Last + target] - LogSumExp(logits, row);
        }
    }

    /// <inheritdoc/>
    public override void LogProbabilitiesBackward(Tensor dy, Tensor logits, Indices targets, Tensor statistics, GradientTarget dlogits)
    {
        var vocab = logits.Shape.Last;
        for (var row = 0L; dlogits.Wanted && row < logits.Shape.Rows; row++)
        {
            var target = targets.I32[row];
            var lse = target < 0 ? 0 : LogSumExp(logits, row);
            for (var j = 0; j < vocab; j++)
            {
                var e = row * vocab + j;
                Put(dlogits, e, target < 0 ? 0 : dy.F64[row] * ((j == target ? 1 : 0) - Math.Exp(logits.F64[e] - lse)));
            }
        }
    }

    /// <summary>Target probability of class j, with label smoothing.</summary>
    static double Wanted(int target, int j, int vocab, TargetTerms terms) =>
        j == target ? 1.0 - terms.Epsilon : terms.Epsilon == 0 ? 0 : (double)terms.Epsilon / (vocab - 1);
}
