namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Writes row i of x to row slots[i] of a pool, rounded to the pool's type: stores new keys and values in a cache. If two slots are
    /// equal, the later row wins. Not differentiable. x (N, C), slots (N), pool (P, C).
    /// </summary>
    public static void ScatterRows(Tensor x, Indices slots, Tensor pool)
    {
        if (x.Shape.Rank != 2 || pool.Shape.Rank != 2 || x.Shape[1] != pool.Shape[1])
            throw new ShapeException($"ScatterRows: x {x.Shape} and the pool {pool.Shape} need two axes and the same last extent");
        if (slots.Shape != new Shape(x.Shape[0]))
            throw new ShapeException($"ScatterRows: slots are {slots.Shape}; expected ({x.Shape[0]}), one for each row of x {x.Shape}");
        if (slots.FirstOutside(0, pool.Shape[0] - 1) is { } bad)
            throw new ShapeException($"ScatterRows: slots[{bad}] is {slots.Values[bad]}; the pool {pool.Shape} has slots 0 to {pool.Shape[0] - 1}");
        if (x.DType != x.Device.Float)
            throw new ShapeException($"ScatterRows: x is {x.DType}; expected {x.Device.Float}");
        x.Device.Require(TensorUse.Cache, pool.DType);
        x.Device.ScatterRows(x, slots, pool);
    }
}

public abstract partial class Device
{
    /// <summary>pool[slots[i]] = x[i].</summary>
    public virtual void ScatterRows(Tensor x, Indices slots, Tensor pool) => throw Lacks("ScatterRows");
}
