namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void AdamW(Tensor w, Tensor g, Tensor m, Tensor v, long start, long momentStart, long count, in AdamWUpdate update)
    {
        for (long i = start, k = momentStart; i < start + count; i++, k++)
        {
            var dw = g.Value(i) * update.GradientScale;
            m.SetValue(k, update.Beta1 * m.Value(k) + (1 - update.Beta1) * dw);
            v.SetValue(k, update.Beta2 * v.Value(k) + (1 - update.Beta2) * dw * dw);
            var mean = m.Value(k) / (update.BiasCorrection ? 1 - Math.Pow(update.Beta1, update.Step) : 1);
            var square = v.Value(k) / (update.BiasCorrection ? 1 - Math.Pow(update.Beta2, update.Step) : 1);
            w.SetValue(i, w.Value(i) - update.LearningRate * (mean / (Math.Sqrt(square) + update.Epsilon) + update.WeightDecay * w.Value(i)));
        }
    }

    /// <inheritdoc/>
    public override double SumOfSquares(Tensor x)
    {
        var sum = 0.0;
        for (var i = 0L; i < x.Elements; i++)
            sum += x.Value(i) * x.Value(i);
        return sum;
    }
}
