namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Adafactor(Tensor w, Tensor g, Tensor rows, Tensor? columns, in AdafactorUpdate update)
    {
        var (n, m) = columns is null ? (w.Elements, 1L) : (w.Shape[0], w.Shape[1]);
        var (scale, epsilon, decay) = (update.GradientScale, update.Epsilon, update.Decay);
        double Square(long i) => Math.Pow(scale * g.Value(i), 2) + epsilon;
        double Mean(long count, Func<long, double> value)
        {
            var sum = 0.0;
            for (var i = 0L; i < count; i++)
                sum += value(i);
            return sum / count;
        }

        for (var row = 0L; row < n; row++)
            rows.SetValue(row, decay * rows.Value(row) + (1 - decay) * Mean(m, column => Square(row * m + column)));
        for (var column = 0L; columns is not null && column < m; column++)
            columns.SetValue(column, decay * columns.Value(column) + (1 - decay) * Mean(n, row => Square(row * m + column)));
        var meanRow = columns is null ? 1 : Mean(n, rows.Value);
        double Step(long i) => scale * g.Value(i) / Math.Sqrt(rows.Value(i / m) * (columns?.Value(i % m) ?? 1) / meanRow);
        var clip = Math.Max(1, Math.Sqrt(Mean(w.Elements, i => Math.Pow(Step(i), 2))) / update.Threshold);
        var rate = update.LearningRate * (update.LeastScale is { } least ? Math.Max(least, Math.Sqrt(Mean(w.Elements, i => Math.Pow(w.Value(i), 2)))) : 1);
        for (var i = 0L; i < w.Elements; i++)
            w.SetValue(i, w.Value(i) - rate * (Step(i) / clip + update.WeightDecay * w.Value(i)));
    }
}
