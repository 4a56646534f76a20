using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>y = e^x / Σ e^x over the last axis. dx = y (dy − Σ dy y).</summary>
    public static Tensor Softmax(Tensor x)
    {
        var y = x.Device.Empty(x.Shape);
        x.Device.Softmax(x, y, log: false);
        return Tape.IsRecording ? Tape.Record(y, new SoftmaxNode(x, y, log: false)) : y;
    }

    /// <summary>y = x − log Σ e^x over the last axis. dx = dy − e^y Σ dy.</summary>
    public static Tensor LogSoftmax(Tensor x)
    {
        var y = x.Device.Empty(x.Shape);
        x.Device.Softmax(x, y, log: true);
        return Tape.IsRecording ? Tape.Record(y, new SoftmaxNode(x, y, log: true)) : y;
    }

    sealed class SoftmaxNode(Tensor x, Tensor y, bool log) : Node(x)
    {
        public override void Run(Tensor? dy) => x.Device.SoftmaxBackward(dy!, y, log, Reuse(0, dy!));
    }
}

public abstract partial class Device
{
    /// <summary>See <see cref="Ops.Softmax"/> and <see cref="Ops.LogSoftmax"/>.</summary>
    public virtual void Softmax(Tensor x, Tensor y, bool log) => throw Lacks("Softmax");

    /// <summary>Computes dx from the result y. dx may overwrite dy.</summary>
    public virtual void SoftmaxBackward(Tensor dy, Tensor y, bool log, GradientTarget dx) => throw Lacks("Softmax backward");
}
