using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// c = op(a) op(b) over the last two axes, where op transposes if asked to. Leading axes are batches and must be equal. a (..., M, K),
    /// or (..., K, M) if transposed; b (..., K, N), or (..., N, K) if transposed; c (..., M, N).
    /// </summary>
    public static Tensor MatMul(Tensor a, Tensor b, bool transposeA = false, bool transposeB = false)
    {
        var s = a.Shape;
        if (s.Rank < 2 || b.Shape.Rank != s.Rank)
            throw new ShapeException($"MatMul: {a.Shape} and {b.Shape} need the same number of axes, at least two");
        for (var axis = 0; axis < s.Rank - 2; axis++)
        {
            if (s[axis] != b.Shape[axis])
                throw new ShapeException($"MatMul: batch axes of {a.Shape} and {b.Shape} differ");
        }
        var (m, k) = transposeA ? (s[-1], s[-2]) : (s[-2], s[-1]);
        var (k2, n) = transposeB ? (b.Shape[-1], b.Shape[-2]) : (b.Shape[-2], b.Shape[-1]);
        if (k != k2)
            throw new ShapeException(
                $"MatMul: {a.Shape}{(transposeA ? " transposed" : "")} by {b.Shape}{(transposeB ? " transposed" : "")} has inner extents {k} and {k2}");
        var c = a.Device.Empty(s.With(-2, m).With(-1, n));
        a.Device.MatMul(a, b, transposeA, transposeB, new GradientTarget(c, add: false));
        return Tape.IsRecording ? Tape.Record(c, new MatMulNode(a, b, transposeA, transposeB)) : c;
    }

    sealed class MatMulNode(Tensor a, Tensor b, bool ta, bool tb) : Node(a, b)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var dc = dy!;
            if (Wants(0)) // dA = dC op(B)ᵀ, or its transpose
            {
                if (ta)
                    a.Device.MatMul(b, dc, tb, true, Into(0));
                else
                    a.Device.MatMul(dc, b, false, !tb, Into(0));
            }
            if (Wants(1)) // dB = op(A)ᵀ dC, or its transpose
            {
                if (tb)
                    a.Device.MatMul(dc, a, true, ta, Into(1));
                else
                    a.Device.MatMul(a, dc, !ta, false, Into(1));
            }
        }
    }
}

public abstract partial class Device
{
    /// <summary>c = or += op(a) op(b) over the last two axes.</summary>
    public virtual void MatMul(Tensor a, Tensor b, bool transposeA, bool transposeB, GradientTarget c) => throw Lacks("MatMul");
}
