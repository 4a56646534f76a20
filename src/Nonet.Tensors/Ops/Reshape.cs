using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

/// <summary>
/// The operations that models consist of. Each runs on the device of its inputs, and is recorded if a <see cref="Tape"/> is open.
/// </summary>
public static partial class Ops
{
    /// <summary>
    /// The same values with another shape of equal element count. The result shares the storage of x; it takes no time, forward or
    /// backward.
    /// </summary>
    public static Tensor Reshape(Tensor x, Shape shape)
    {
        if (shape.Elements != x.Elements)
            throw new ShapeException($"{x.Shape} has {x.Elements} elements and cannot be reshaped to {shape}");
        var y = x.View(shape, x.DType, 0);
        return Tape.IsRecording ? Tape.Record(y, new ReshapeNode(x)) : y;
    }

    sealed class ReshapeNode(Tensor x) : Node(x)
    {
        public override void Run(Tensor? dy) => Pass(0, dy!);
    }
}
