using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Far;

public sealed partial class FarDevice
{
    public override void Activate(Tensor x, Activation f, Tensor y) => inner.Activate(Near(x), f, Near(y));

    public override void ActivateBackward(Tensor dy, Tensor x, Activation f, GradientTarget dx) => inner.ActivateBackward(Near(dy), Near(x), f, Near(dx));

    public override void Gate(Tensor gate, Tensor up, Activation f, Tensor y) => inner.Gate(Near(gate), Near(up), f, Near(y));

    public override void GateBackward(Tensor dy, Tensor gate, Tensor up, Activation f, GradientTarget dgate, GradientTarget dup) =>
        inner.GateBackward(Near(dy), Near(gate), Near(up), f, Near(dgate), Near(dup));

    public override void Adafactor(Tensor w, Tensor g, Tensor rows, Tensor? columns, in AdafactorUpdate update) =>
        inner.Adafactor(Near(w), Near(g), Near(rows), columns is null ? null : Near(columns), update);

    public override void AdamW(Tensor w, Tensor g, Tensor m, Tensor v, long start, long momentStart, long count, in AdamWUpdate update) =>
        inner.AdamW(Near(w), Near(g), Near(m), Near(v), start, momentStart, count, update);

    public override void Add(Tensor a, Tensor b, Tensor y) => inner.Add(Near(a), Near(b), Near(y));

    public override void SumRows(Tensor x, GradientTarget sums) => inner.SumRows(Near(x), Near(sums));

    public override void Mul(Tensor a, Tensor b, Tensor y) => inner.Mul(Near(a), Near(b), Near(y));

    public override void MulBackward(Tensor dy, Tensor a, Tensor b, GradientTarget da, GradientTarget db) =>
        inner.MulBackward(Near(dy), Near(a), Near(b), Near(da), Near(db));

    public override void Scale(Tensor x, float factor, GradientTarget y) => inner.Scale(Near(x), factor, Near(y));

    public override void Attention(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor? lse) =>
        inner.Attention(Near(q), Near(k), Near(v), Near(layout), Near(options), Near(y), NearOrNone(lse));

    public override void AttentionBackward(Tensor dy, Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor lse,
        GradientTarget dq, GradientTarget dk, GradientTarget dv, GradientTarget dbias) =>
        inner.AttentionBackward(Near(dy), Near(q), Near(k), Near(v), Near(layout), Near(options), Near(y), Near(lse), Near(dq), Near(dk), Near(dv),
            Near(dbias));

    public override void CopyBlocks(Tensor x, Blocks from, GradientTarget y, Blocks to, Extents extents) =>
        inner.CopyBlocks(Near(x), from, Near(y), to, extents);

    public override void CrossEntropy(Tensor logits, Indices targets, TargetTerms terms, Tensor loss, Tensor statistics) =>
        inner.CrossEntropy(Near(logits), Near(targets), terms, Near(loss), Near(statistics));

    public override void CrossEntropyBackward(Tensor dloss, Tensor logits, Indices targets, TargetTerms terms, Tensor statistics, GradientTarget dlogits) =>
        inner.CrossEntropyBackward(Near(dloss), Near(logits), Near(targets), terms, Near(statistics), Near(dlogits));

    public override void LogProbabilities(Tensor logits, Indices targets, Tensor y, Tensor statistics) =>
        inner.LogProbabilities(Near(logits), Near(targets), Near(y), Near(statistics));

    public override void LogProbabilitiesBackward(Tensor dy, Tensor logits, Indices targets, Tensor statistics, GradientTarget dlogits) =>
        inner.LogProbabilitiesBackward(Near(dy), Near(logits), Near(targets), Near(statistics), Near(dlogits));

    public override void Dropout(Tensor x, Tensor? residual, float p, RandomKey key, GradientTarget y) =>
        inner.Dropout(Near(x), NearOrNone(residual), p, key, Near(y));

    public override void Embedding(Tensor w, Indices ids, Tensor y) => inner.Embedding(Near(w), Near(ids), Near(y));

    public override void EmbeddingBackward(Tensor dy, Indices ids, GradientTarget dw) => inner.EmbeddingBackward(Near(dy), Near(ids), Near(dw));

    public override void Linear(Tensor x, Tensor? up, Activation f, Tensor w, Tensor? bias, Tensor? residual, Tensor y) =>
        inner.Linear(Near(x), NearOrNone(up), f, Near(w), NearOrNone(bias), NearOrNone(residual), Near(y));

    public override void LinearBackward(Tensor dy, Tensor x, Tensor? up, Activation f, Tensor w, GradientTarget dx, GradientTarget dup, GradientTarget dw,
        GradientTarget dbias) =>
        inner.LinearBackward(Near(dy), Near(x), NearOrNone(up), f, Near(w), Near(dx), Near(dup), Near(dw), Near(dbias));

    public override void MatMul(Tensor a, Tensor b, bool transposeA, bool transposeB, GradientTarget c) =>
        inner.MatMul(Near(a), Near(b), transposeA, transposeB, Near(c));

    public override void LayerNorm(Tensor x, Tensor w, Tensor? b, float epsilon, Tensor y, Tensor? statistics) =>
        inner.LayerNorm(Near(x), Near(w), NearOrNone(b), epsilon, Near(y), NearOrNone(statistics));

    public override void LayerNormBackward(Tensor dy, Tensor x, Tensor w, Tensor statistics, GradientTarget dx, GradientTarget dw, GradientTarget db) =>
        inner.LayerNormBackward(Near(dy), Near(x), Near(w), Near(statistics), Near(dx), Near(dw), Near(db));

    public override void RmsNorm(Tensor x, Tensor w, float epsilon, float offset, Tensor y, Tensor? statistics) =>
        inner.RmsNorm(Near(x), Near(w), epsilon, offset, Near(y), NearOrNone(statistics));

    public override void RmsNormBackward(Tensor dy, Tensor x, Tensor w, float offset, Tensor statistics, GradientTarget dx, GradientTarget dw) =>
        inner.RmsNormBackward(Near(dy), Near(x), Near(w), offset, Near(statistics), Near(dx), Near(dw));

    public override void Rotary(Tensor x, Indices positions, RotaryTable table, int headWidth, bool inverse, GradientTarget y) =>
        inner.Rotary(Near(x), Near(positions), table, Near(table.Rows(positions.Max)), headWidth, inverse, Near(y));

    public override void ScatterRows(Tensor x, Indices slots, Tensor pool) => inner.ScatterRows(Near(x), Near(slots), Near(pool));

    public override void Softmax(Tensor x, Tensor y, bool log) => inner.Softmax(Near(x), Near(y), log);

    public override void SoftmaxBackward(Tensor dy, Tensor y, bool log, GradientTarget dx) => inner.SoftmaxBackward(Near(dy), Near(y), log, Near(dx));

    public override void Sum(Tensor x, double scale, Tensor y) => inner.Sum(Near(x), scale, Near(y));

    public override void SumBackward(Tensor dy, double scale, GradientTarget dx) => inner.SumBackward(Near(dy), scale, Near(dx));

    public override void MaskedMean(Tensor x, Tensor mask, Tensor y, Tensor weight) => inner.MaskedMean(Near(x), Near(mask), Near(y), Near(weight));

    public override void MaskedMeanBackward(Tensor dy, Tensor mask, Tensor weight, GradientTarget dx) =>
        inner.MaskedMeanBackward(Near(dy), Near(mask), Near(weight), Near(dx));

    public override double SumOfSquares(Tensor x)
    {
        Interlocked.Increment(ref downloads);
        return inner.SumOfSquares(Near(x));
    }

    public override void Transpose(Tensor x, AxisSwap swap, GradientTarget y) => inner.Transpose(Near(x), swap, Near(y));

    public override void MixtureOfExperts(Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, Tensor y) =>
        inner.MixtureOfExperts(Near(x), Near(probabilities), Near(weights), routing, Near(y));

    public override void MixtureOfExpertsBackward(
        Tensor dy, Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, GradientTarget dx, GradientTarget dp, ExpertGradients into) =>
        inner.MixtureOfExpertsBackward(Near(dy), Near(x), Near(probabilities), Near(weights), routing, Near(dx), Near(dp),
            new ExpertGradients(Array.ConvertAll(into.Gate, Near), Array.ConvertAll(into.Up, Near), Array.ConvertAll(into.Down, Near)));

    ExpertWeights Near(ExpertWeights x) => new(Array.ConvertAll(x.Gate, Near), Array.ConvertAll(x.Up, Near), Array.ConvertAll(x.Down, Near));
}
