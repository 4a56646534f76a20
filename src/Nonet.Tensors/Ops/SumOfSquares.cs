namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Σ x² over all elements, accumulated in double: same bits for every number of threads. Infinite or NaN where an element is.
    /// The root of it over the gradients is the norm that clipping looks at (Pascanu et al. 2013).
    /// </summary>
    public static double SumOfSquares(Tensor x) => x.Device.SumOfSquares(x);
}

public abstract partial class Device
{
    /// <summary>See <see cref="Ops.SumOfSquares"/>.</summary>
    public virtual double SumOfSquares(Tensor x) => throw Lacks("the sum of squares");
}
