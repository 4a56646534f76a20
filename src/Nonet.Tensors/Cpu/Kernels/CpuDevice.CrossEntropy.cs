using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void CrossEntropy(Tensor logits, Indices targets, TargetTerms terms, Tensor loss, Tensor statistics)
    {
        int rows = logits.Shape.Rows, vocab = logits.Shape.Last;
        using var scratch = new Scratch(this, 2L * rows);
        var losses = (double*)scratch.F32;
        ByRows(rows, vocab, new CrossEntropyJob
        {
            X = logits.F32,
            Statistics = statistics.F32,
            Losses = losses,
            Targets = targets.I32,
            Vocab = vocab,
            Ignore = terms.Ignore,
            Right = 1.0 - terms.Epsilon,
            Wrong = terms.Wrong(vocab),
            Zeta = terms.Zeta,
        });
        var total = 0.0;
        for (var i = 0; i < rows; i++)
            total += losses[i];
        loss.F32[0] = terms.Counted == 0 ? 0 : (float)(total / terms.Counted);
    }

    /// <inheritdoc/>
    public override void CrossEntropyBackward(Tensor dloss, Tensor logits, Indices targets, TargetTerms terms, Tensor statistics, GradientTarget dlogits)
    {
        if (!dlogits.Wanted)
            return;
        int rows = logits.Shape.Rows, vocab = logits.Shape.Last;
        ByRows(rows, vocab, new TargetGradientJob
        {
            X = logits.F32,
            Dx = dlogits.Tensor.F32,
            Statistics = statistics.F32,
            Dy = dloss.F32,
            Targets = targets.I32,
            Vocab = vocab,
            Ignore = terms.Ignore,
            Scale = 1.0 / Math.Max(1, terms.Counted),
            Right = 1.0 - terms.Epsilon,
            Wrong = terms.Wrong(vocab),
            Zeta = terms.Zeta,
            Add = dlogits.Add,
        });
    }

    /// <inheritdoc/>
    public override void LogProbabilities(Tensor logits, Indices targets, Tensor y, Tensor statistics) =>
        ByRows(logits.Shape.Rows, logits.Shape.Last, new LogProbabilitiesJob
        {
            X = logits.F32,
            Y = y.F32,
            Statistics = statistics.F32,
            Targets = targets.I32,
            Vocab = logits.Shape.Last,
        });

    /// <inheritdoc/>
    public override void LogProbabilitiesBackward(Tensor dy, Tensor logits, Indices targets, Tensor statistics, GradientTarget dlogits)
    {
        if (!dlogits.Wanted)
            return;
        ByRows(logits.Shape.Rows, logits.Shape.Last, new TargetGradientJob
        {
            X = logits.F32,
            Dx = dlogits.Tensor.F32,
            Statistics = statistics.F32,
            Dy = dy.F32,
            DyStride = 1,
            Targets = targets.I32,
            Vocab = logits.Shape.Last,
            Ignore = -1,
            Scale = -1,
            Right = 1,
            Add = dlogits.Add,
        });
    }

    /// <summary>Maximum and Σ e^(x - max) of a row. They are kept apart because their log-sum-exp would lose digits for large logits.</summary>
    static (float Max, float Sum) Statistic<V>(float* x, int n) where V : struct, ILanes<V>
    {
        var max = Row.Max<V>(x, n);
        return (max, (float)Row.Sum<V, Exponential>(new Exponential(max, 1, 0), x, x, n));
    }

    struct CrossEntropyJob : IRowJob
    {
        public float* X, Statistics;
        public double* Losses;
        public int* Targets;
        public int Vocab, Ignore;
        public double Right, Wrong, Zeta;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            Losses[row] = 0;
            var target = Targets[row];
            if (target == Ignore)
                return;
            var x = X + (nint)row * Vocab;
            var (max, sum) = Statistic<V>(x, Vocab);
            Statistics[2 * (nint)row] = max;
            Statistics[2 * (nint)row + 1] = sum;
            var log = Math.Log(sum);
            var right = (double)x[target] - max - log;
            var loss = -Right * right;
            if (Wrong > 0)
                loss -= Wrong * (Row.Sum<V, Shifted>(new Shifted(-max), x, x, Vocab) - Vocab * log - right);
            Losses[row] = loss + Zeta * (max + log) * (max + log);
        }
    }

    struct LogProbabilitiesJob : IRowJob
    {
        public float* X, Y, Statistics;
        public int* Targets;
        public int Vocab;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            Y[row] = 0;
            var target = Targets[row];
            if (target < 0)
                return;
            var x = X + (nint)row * Vocab;
            var (max, sum) = Statistic<V>(x, Vocab);
            Statistics[2 * (nint)row] = max;
            Statistics[2 * (nint)row + 1] = sum;
            Y[row] = (float)((double)x[target] - max - Math.Log(sum));
        }
    }

    /// <summary>dx = s (p (1 + 2 Zeta log Σ exp) - q) of a row, s = Scale dy, q = Right at the target and Wrong elsewhere. dx may be x.</summary>
    struct TargetGradientJob : IRowJob
    {
        public float* X, Dx, Statistics, Dy;
        public int* Targets;
        public int DyStride, Vocab, Ignore;
        public double Scale, Right, Wrong, Zeta;
        public bool Add;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            float* x = X + (nint)row * Vocab, dx = Dx + (nint)row * Vocab;
            var target = Targets[row];
            var s = Scale * Dy[(nint)row * DyStride];
            if (target == Ignore || target < 0 || s == 0)
            {
                if (!Add)
                    new Span<float>(dx, Vocab).Clear();
                return;
            }
            float max = Statistics[2 * (nint)row], sum = Statistics[2 * (nint)row + 1];
            var more = Zeta == 0 ? 1 : 1 + 2 * Zeta * (max + Math.Log(sum));
            var gradient = new Exponential(max, (float)(s * more / sum), (float)(-s * Wrong));
            Row.Map<V, Exponential>(gradient, x, x, dx, Vocab, Add);
            dx[target] -= (float)(s * (Right - Wrong));
        }
    }
}
