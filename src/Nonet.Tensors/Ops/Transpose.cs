using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>Copies a tensor with two axes exchanged: y[..j..i..] = x[..i..j..]. Negative axes count from the last.</summary>
    public static Tensor Transpose(Tensor x, int axisA, int axisB)
    {
        axisA = CheckAxis("Transpose", x.Shape, axisA);
        axisB = CheckAxis("Transpose", x.Shape, axisB);
        var (first, second) = (Math.Min(axisA, axisB), Math.Max(axisA, axisB));
        var shape = x.Shape.With(first, x.Shape[second]).With(second, x.Shape[first]);
        if (first == second)
            return Reshape(x, shape);
        var y = x.Device.Empty(shape, x.DType);
        x.Device.Transpose(x, AxisSwap.Of(x.Shape, first, second), new GradientTarget(y, add: false));
        return Tape.IsRecording ? Tape.Record(y, new TransposeNode(x, AxisSwap.Of(shape, first, second))) : y;
    }

    sealed class TransposeNode(Tensor x, AxisSwap back) : Node(x)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy) => x.Device.Transpose(dy!, back, Into(0));
    }
}

/// <summary>A contiguous tensor seen as (Outer, A, Middle, B, Inner), whose axes A and B are exchanged.</summary>
public readonly record struct AxisSwap(int Outer, int A, int Middle, int B, int Inner)
{
    internal static AxisSwap Of(Shape shape, int first, int second)
    {
        return new AxisSwap(Product(0, first), shape[first], Product(first + 1, second), shape[second], Product(second + 1, shape.Rank));

        int Product(int from, int to)
        {
            var n = 1;
            for (var i = from; i < to; i++)
                n = checked(n * shape[i]);
            return n;
        }
    }
}

public abstract partial class Device
{
    /// <summary>y (Outer, B, Middle, A, Inner) = or += x (Outer, A, Middle, B, Inner), of the same dtype.</summary>
    public virtual void Transpose(Tensor x, AxisSwap swap, GradientTarget y) => throw Lacks("Transpose");
}
