using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Sum of all elements, a scalar. With <paramref name="lastAxis"/>, sum of each row: (..., C) to (...). Sums run over fixed chunks,
    /// whose sums are added in double.
    /// </summary>
    public static Tensor Sum(Tensor x, bool lastAxis = false) => Sum(x, lastAxis, 1);

    /// <summary>Mean of all elements, a scalar; with <paramref name="lastAxis"/>, mean of each row. 0 for a tensor without elements.</summary>
    public static Tensor Mean(Tensor x, bool lastAxis = false) => Sum(x, lastAxis, 1.0 / Math.Max(1, lastAxis ? x.Shape.Last : x.Elements));

    /// <summary>
    /// Σ mask x / Σ mask, a scalar: the mean of the elements where the mask is 1, or a weighted mean. If the weights sum to 0, the result
    /// and its gradients are 0. Elements of weight 0 do not count, even if they are infinite or NaN. No gradient flows to the mask.
    /// </summary>
    /// <param name="x">Any shape.</param>
    /// <param name="mask">Weights of at least 0, with the shape of x.</param>
    public static Tensor MaskedMean(Tensor x, Tensor mask)
    {
        if (mask.Shape != x.Shape || mask.DType != x.DType)
            throw new ShapeException($"MaskedMean: x {x.Shape} {x.DType} needs a mask of the same shape and type; found {mask.Shape} {mask.DType}");
        var y = x.Device.Empty(Shape.Scalar);
        var weight = x.Device.Empty(Shape.Scalar);
        x.Device.MaskedMean(x, mask, y, weight);
        return Tape.IsRecording ? Tape.Record(y, new MaskedMeanNode(x, mask, weight)) : y;
    }

    static Tensor Sum(Tensor x, bool lastAxis, double scale)
    {
        if (lastAxis && x.Shape.Rank == 0)
            throw new ShapeException("a scalar has no last axis to sum over");
        Span<int> extents = stackalloc int[lastAxis ? x.Shape.Rank - 1 : 0];
        for (var i = 0; i < extents.Length; i++)
            extents[i] = x.Shape[i];
        var y = x.Device.Empty(new Shape(extents));
        x.Device.Sum(x, scale, y);
        return Tape.IsRecording ? Tape.Record(y, new SumNode(x, scale)) : y;
    }

    sealed class SumNode(Tensor x, double scale) : Node(x)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy) => x.Device.SumBackward(dy!, scale, Into(0));
    }

    sealed class MaskedMeanNode(Tensor x, Tensor mask, Tensor weight) : Node(x)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy) => x.Device.MaskedMeanBackward(dy!, mask, weight, Into(0));
    }
}

public abstract partial class Device
{
    /// <summary>y[i] = scale · sum of part i of x, which is split into y.Elements equal, contiguous parts.</summary>
    public virtual void Sum(Tensor x, double scale, Tensor y) => throw Lacks("Sum");

    /// <summary>dx = scale · dy: each element of dy is spread over its part.</summary>
    public virtual void SumBackward(Tensor dy, double scale, GradientTarget dx) => throw Lacks("Sum backward");

    /// <summary>See <see cref="Ops.MaskedMean"/>. weight receives the sum of the weights.</summary>
    public virtual void MaskedMean(Tensor x, Tensor mask, Tensor y, Tensor weight) => throw Lacks("MaskedMean");

    /// <summary>dx = dy mask / weight, or 0 if the weight is 0.</summary>
    public virtual void MaskedMeanBackward(Tensor dy, Tensor mask, Tensor weight, GradientTarget dx) => throw Lacks("MaskedMean backward");
}
