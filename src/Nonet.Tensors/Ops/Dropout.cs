using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Zeroes each element with probability p and scales the others by 1 / (1 - p), then adds a residual if one is given. Srivastava et al.
    /// 2014. Element i is kept if <see cref="Philox.UnitFloat"/>(key, i) ≥ p. The mask is drawn again in the backward pass and never
    /// stored. With p = 0 and no residual the result is x itself.
    /// </summary>
    /// <param name="x">Any shape.</param>
    /// <param name="p">In [0, 1).</param>
    /// <param name="key">Random stream of the mask.</param>
    /// <param name="residual">Of x's shape; null: none.</param>
    public static Tensor Dropout(Tensor x, float p, RandomKey key, Tensor? residual = null)
    {
        if (!(p >= 0 && p < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "dropout needs a probability in [0, 1)");
        if (residual is not null && residual.Shape != x.Shape)
            throw new ShapeException($"Dropout: x is {x.Shape}, the residual {residual.Shape}");
        if (p == 0)
            return residual is null ? x : Add(residual, x);
        var y = x.Device.Empty(x.Shape);
        x.Device.Dropout(x, residual, p, key, new GradientTarget(y, add: false));
        return Tape.IsRecording ? Tape.Record(y, new DropoutNode(x, p, key, residual)) : y;
    }

    sealed class DropoutNode(Tensor x, float p, RandomKey key, Tensor? residual) : Node(x, residual)
    {
        public override void Run(Tensor? dy)
        {
            x.Device.Dropout(dy!, null, p, key, Into(0));
            if (residual is not null)
                Pass(1, dy!);
        }
    }
}

public abstract partial class Device
{
    /// <summary>
    /// y = x / (1 - p) if the stream's number is at least p, otherwise 0, plus the residual. Without a residual the same kernel computes
    /// the backward pass.
    /// </summary>
    public virtual void Dropout(Tensor x, Tensor? residual, float p, RandomKey key, GradientTarget y) => throw Lacks("Dropout");
}
