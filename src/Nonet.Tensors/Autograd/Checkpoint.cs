using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// y = f(x) that keeps nothing but x for the backward pass and runs f a second time there: memory for time.
    /// f must be a function of x and parameters only; random ops draw the same numbers again because they are keyed by site.
    /// Chen et al. 2016, "Training deep nets with sublinear memory cost".
    /// </summary>
    public static Tensor Checkpoint(Func<Tensor, Tensor> f, Tensor x)
    {
        if (!Tape.IsRecording)
            return f(x);
        Tensor y;
        using (Tape.Suspend())
        using (var scope = new TensorScope())
        {
            y = f(x);
            if (y.Scope != scope)
                y = y.View(y.Shape, y.DType, 0);
            scope.Keep(y);
        }
        return Tape.RecordAlways(y, new CheckpointNode(f, x)); // the parameters inside f are not inputs of this node
    }

    sealed class CheckpointNode(Func<Tensor, Tensor> f, Tensor x) : Node(x)
    {
        public override void Run(Tensor? dy)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            var again = x.View(x.Shape, x.DType, 0);
            if (Wants(0))
                again.Watch();
            tape.Backward(f(again), dy!);
            if (again.Gradient is { } dx)
            {
                x.Device.Accumulate(dx, Into(0));
                dx.Dispose();
            }
        }
    }
}
