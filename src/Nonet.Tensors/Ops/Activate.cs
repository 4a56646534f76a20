using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// y = f(x), element by element. Keeps x for the backward pass: dx = dy ⊙ f'(x). In front of a linear layer, pass f to
    /// the layer instead.
    /// </summary>
    public static Tensor Activate(Tensor x, Activation f)
    {
        if (f == Activation.None)
            return x;
        if (!Enum.IsDefined(f))
            throw new ArgumentOutOfRangeException(nameof(f), f, "unknown activation");
        var y = x.Device.Empty(x.Shape);
        x.Device.Activate(x, f, y);
        return Tape.IsRecording ? Tape.Record(y, new ActivateNode(x, f)) : y;
    }

    /// <summary>x Φ(x). Hendrycks and Gimpel 2016, "Gaussian error linear units".</summary>
    public static Tensor Gelu(Tensor x) => Activate(x, Activation.Gelu);

    /// <summary>0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))): the approximation that GPT-2 computes.</summary>
    public static Tensor GeluTanh(Tensor x) => Activate(x, Activation.GeluTanh);

    /// <summary>max(x, 0).</summary>
    public static Tensor Relu(Tensor x) => Activate(x, Activation.Relu);

    /// <summary>x σ(x).</summary>
    public static Tensor Silu(Tensor x) => Activate(x, Activation.Silu);

    /// <summary>tanh x = (e^x − e^−x) / (e^x + e^−x).</summary>
    public static Tensor Tanh(Tensor x) => Activate(x, Activation.Tanh);

    /// <summary>σ(x) = 1 / (1 + e^-x).</summary>
    public static Tensor Sigmoid(Tensor x) => Activate(x, Activation.Sigmoid);

    /// <summary>silu(gate) ⊙ up. Shazeer 2020, "GLU variants improve transformer", eq. 6, without the projections.</summary>
    public static Tensor SwiGlu(Tensor gate, Tensor up) => Gate(gate, up, Activation.Silu);

    /// <summary>
    /// gelu(gate) ⊙ up, from the same paper. GELU is the tanh approximation, or the exact form with erf if <paramref name="exact"/> is
    /// true.
    /// </summary>
    public static Tensor GeGlu(Tensor gate, Tensor up, bool exact = false) => Gate(gate, up, exact ? Activation.Gelu : Activation.GeluTanh);

    static Tensor Gate(Tensor gate, Tensor up, Activation f)
    {
        if (gate.Shape != up.Shape)
            throw new ShapeException($"a gated unit needs gate and up of one shape; gate is {gate.Shape}, up {up.Shape}");
        var y = gate.Device.Empty(gate.Shape);
        gate.Device.Gate(gate, up, f, y);
        return Tape.IsRecording ? Tape.Record(y, new GateNode(gate, up, f)) : y;
    }

    sealed class ActivateNode(Tensor x, Activation f) : Node(x)
    {
        public override void Run(Tensor? dy) => x.Device.ActivateBackward(dy!, x, f, Into(0));
    }

    sealed class GateNode(Tensor gate, Tensor up, Activation f) : Node(gate, up)
    {
        public override void Run(Tensor? dy) => gate.Device.GateBackward(dy!, gate, up, f, Into(0), Into(1));
    }
}

public abstract partial class Device
{
    /// <summary>y = f(x).</summary>
    public virtual void Activate(Tensor x, Activation f, Tensor y) => throw Lacks("Activate");

    /// <summary>dx = dy ⊙ f'(x).</summary>
    public virtual void ActivateBackward(Tensor dy, Tensor x, Activation f, GradientTarget dx) => throw Lacks("Activate backward");

    /// <summary>y = f(gate) ⊙ up.</summary>
    public virtual void Gate(Tensor gate, Tensor up, Activation f, Tensor y) => throw Lacks("Gate");

    /// <summary>dgate = dy ⊙ up ⊙ f'(gate), dup = dy ⊙ f(gate).</summary>
    public virtual void GateBackward(Tensor dy, Tensor gate, Tensor up, Activation f, GradientTarget dgate, GradientTarget dup) => throw Lacks("Gate backward");
}
