namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Σ x² over all elements, accumulated in double. The bits do not depend on the number of threads. Infinite or NaN if an element is.
    /// Its root over the gradients is the norm used for clipping (Pascanu et al. 2013).
    /// </summary>
    public static double SumOfSquares(Tensor x) => x.Device.SumOfSquares(x);
}

public abstract partial class Device
{
    /// <summary>See <see cref="Ops.SumOfSquares"/>.</summary>
    public virtual double SumOfSquares(Tensor x) => throw Lacks("the sum of squares");
}
