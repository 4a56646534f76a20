namespace Nonet.Tensors.Autograd;

/// <summary>
/// One recorded op: its inputs, its outputs, and how the gradients of the outputs become gradients of the inputs.
/// A subclass keeps what its backward formula needs (saved statistics are inputs of nobody and live in the same scope).
/// </summary>
public abstract class Node
{
    readonly Tensor?[] inputs;

    protected Node(params ReadOnlySpan<Tensor?> inputs) => this.inputs = inputs.ToArray();

    internal ReadOnlySpan<Tensor?> Inputs => inputs;

    /// <summary>The results that were recorded, in order.</summary>
    internal Tensor[] Outputs { get; set; } = [];

    /// <summary>Whether input i wants a gradient.</summary>
    protected bool Wants(int i) => inputs[i] is { RequiresGrad: true };

    /// <summary>Where the gradient of input i goes; <see cref="GradientTarget.None"/> where none is wanted. Each call counts as one contribution.</summary>
    protected GradientTarget Into(int i) => inputs[i] is { RequiresGrad: true } x ? Tape.Target(x) : default;

    /// <summary>Gradient of output i, or null where nothing depended on it.</summary>
    protected Tensor? GradientOf(int output) => Outputs[output].Gradient;

    /// <summary>
    /// Hands dy itself to input i, whose gradient it is: without a copy where the input has none yet and the buffer is not
    /// taken. dy must be the gradient of one of this node's outputs and must not be read afterwards in Run.
    /// </summary>
    protected void Pass(int i, Tensor dy)
    {
        if (inputs[i] is { RequiresGrad: true } x)
            Tape.Pass(x, dy, this);
    }

    /// <summary>
    /// A buffer for the gradient of input i that may be dy itself: the kernel writes over dy, element by element, and the buffer
    /// moves on as <see cref="Pass"/> does. dy must be the gradient of one of this node's outputs, of the shape of input i.
    /// </summary>
    protected GradientTarget Reuse(int i, Tensor dy) => inputs[i] is { RequiresGrad: true } x ? Tape.Reuse(x, dy, this) : default;

    /// <summary>
    /// A buffer for the gradient of input i that may be the input itself, for gradients as large as logits: the kernel reads
    /// <paramref name="x"/> and writes the gradient over it, element by element. Where the input is a leaf, is read by another
    /// recorded op or shares its storage, another buffer is used. Where it is taken over, using it afterwards throws.
    /// </summary>
    protected GradientTarget TakeOver(int i, out Tensor x) => Tape.TakeOver(inputs[i]!, out x);

    /// <summary>Whether <see cref="Run"/> reads the values of an output: if not, who comes after may overwrite them in its own backward pass.</summary>
    protected internal virtual bool ReadsOutputs => true;

    /// <summary>Computes the wanted input gradients. <paramref name="dy"/> is the gradient of output 0 (null where nothing depended on it).</summary>
    public abstract void Run(Tensor? dy);
}
