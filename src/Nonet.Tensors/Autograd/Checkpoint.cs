using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// y = f(x), with less memory and more time: only x is kept for the backward pass, which runs f again. f must depend on x and
    /// parameters only. Random ops draw the same numbers again because their numbers are keyed by site. Chen et al. 2016, "Training deep
    /// nets with sublinear memory cost".
    /// </summary>
    public static Tensor Checkpoint(Func<Tensor, Tensor> f, Tensor x) => Checkpoint(inputs => f(inputs[0]), [x]);

    /// <summary>The same for several inputs. Apart from parameters, f must not read any other tensor that needs a gradient.</summary>
    public static Tensor Checkpoint(Func<Tensor[], Tensor> f, params Tensor[] inputs)
    {
        if (!Tape.IsRecording)
            return f(inputs);
        Tensor y;
        using (Tape.Suspend())
        using (var scope = new TensorScope())
        {
            y = f(inputs);
            if (y.Scope != scope)
                y = y.View(y.Shape, y.DType, 0);
            scope.Keep(y);
        }
        return Tape.RecordAlways(y, new CheckpointNode(f, inputs)); // the parameters inside f are not inputs of this node
    }

    sealed class CheckpointNode(Func<Tensor[], Tensor> f, Tensor[] inputs) : Node(inputs)
    {
        public override void Run(Tensor? dy)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            var again = new Tensor[inputs.Length];
            for (var i = 0; i < inputs.Length; i++)
            {
                again[i] = inputs[i].View(inputs[i].Shape, inputs[i].DType, 0);
                if (Wants(i))
                    again[i].Watch();
            }
            tape.Backward(f(again), dy!);
            for (var i = 0; i < inputs.Length; i++)
            {
                if (again[i].Gradient is { } dx)
                {
                    inputs[i].Device.Accumulate(dx, Into(i));
                    dx.Dispose();
                }
            }
        }
    }
}
