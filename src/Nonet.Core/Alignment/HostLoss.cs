using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Alignment;

/// <summary>
/// Records a loss that was computed on the host on the tape. The losses of alignment are short formulas over a few numbers per token. They are computed in
/// double precision, with their gradients, from downloaded log-probabilities, rewards or values.
/// </summary>
public static class HostLoss
{
    /// <summary>A scalar with a given value and gradient.</summary>
    /// <param name="y">The tensor from which the loss was computed.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="gradient">d loss / dy, in the order of y's elements.</param>
    public static Tensor Of(Tensor y, double loss, ReadOnlySpan<double> gradient)
    {
        if (gradient.Length != y.Elements)
            throw new ShapeException($"a gradient of {gradient.Length} numbers for a tensor {y.Shape}");
        var values = new float[gradient.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)gradient[i];
        var scalar = y.Device.Full(Shape.Scalar, y.Device.Float, loss);
        return Tape.Record(scalar, new HostLossNode(y, y.Device.From(y.Shape, values)));
    }

    /// <summary>The numbers of a tensor on the host.</summary>
    public static double[] Read(Tensor y) => y.ToDoubles();

    sealed class HostLossNode(Tensor y, Tensor gradient) : Node(y)
    {
        protected override bool ReadsOutputs => false;

        public override void Run(Tensor? dy) => gradient.Device.Scale(gradient, (float)dy!.Item(), Into(0));
    }
}
