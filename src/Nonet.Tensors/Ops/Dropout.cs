using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Zeroes each element with probability p and scales the others by 1 / (1 - p). Srivastava et al. 2014. Element i is kept where
    /// <see cref="Philox.UnitFloat"/>(key, i) ≥ p; the mask is drawn again in the backward pass, never stored. p = 0 gives x itself.
    /// </summary>
    public static Tensor Dropout(Tensor x, float p, RandomKey key)
    {
        if (!(p >= 0 && p < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "dropout needs a probability in [0, 1)");
        if (p == 0)
            return x;
        var y = x.Device.Empty(x.Shape);
        x.Device.Dropout(x, p, key, new GradientTarget(y, add: false));
        return Tape.Record(y, new DropoutNode(x, p, key));
    }

    sealed class DropoutNode(Tensor x, float p, RandomKey key) : Node(x)
    {
        public override void Run(Tensor? dy) => x.Device.Dropout(dy!, p, key, Into(0));
    }
}

public abstract partial class Device
{
    /// <summary>y = x / (1 - p) where the stream's number is at least p, else 0: forward and backward alike.</summary>
    public virtual void Dropout(Tensor x, float p, RandomKey key, GradientTarget y) => throw Lacks("Dropout");
}
