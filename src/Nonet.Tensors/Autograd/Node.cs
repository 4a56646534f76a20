namespace Nonet.Tensors.Autograd;

/// <summary>
/// One recorded op: its inputs, its outputs and its backward formula. A subclass keeps the tensors that the formula needs. Saved statistics
/// are not inputs of any op; they live in the scope of the op's result.
/// </summary>
public abstract class Node
{
    readonly Tensor?[] inputs;

    /// <summary>Creates a node over the inputs of an op.</summary>
    /// <param name="inputs">
    /// Inputs in the order that <see cref="Wants"/> and <see cref="Into"/> count them; null for an optional input that was not given.
    /// </param>
    protected Node(params ReadOnlySpan<Tensor?> inputs) => this.inputs = inputs.ToArray();

    internal ReadOnlySpan<Tensor?> Inputs => inputs;

    /// <summary>Results of the op, in order.</summary>
    internal Tensor[] Outputs { get; set; } = [];

    /// <summary>Whether input i needs a gradient.</summary>
    protected bool Wants(int i) => inputs[i] is { RequiresGrad: true };

    /// <summary>
    /// Target for the gradient of input i; <see cref="GradientTarget.None"/> if the input needs none. Each call counts as one contribution.
    /// </summary>
    protected GradientTarget Into(int i) => inputs[i] is { RequiresGrad: true } x ? Tape.Target(x) : default;

    /// <summary>Gradient of output i; null if no later op used the output.</summary>
    protected Tensor? GradientOf(int output) => Outputs[output].Gradient;

    /// <summary>
    /// Passes dy on as the gradient of input i. The buffer is not copied if the input has no gradient yet. dy must be the gradient of one
    /// of this node's outputs. <see cref="Run"/> must not read dy afterwards.
    /// </summary>
    protected void Pass(int i, Tensor dy)
    {
        if (inputs[i] is { RequiresGrad: true } x)
            Tape.Pass(x, dy, this);
    }

    /// <summary>
    /// Like <see cref="Into"/>, but the buffer may be dy itself: the kernel then overwrites dy element by element, and the buffer becomes
    /// the gradient of input i. dy must be the gradient of one of this node's outputs and have the shape of input i.
    /// </summary>
    protected GradientTarget Reuse(int i, Tensor dy) => inputs[i] is { RequiresGrad: true } x ? Tape.Reuse(x, dy, this) : default;

    /// <summary>
    /// Like <see cref="Into"/>, but the buffer may be the input itself, which saves a second tensor as large as the logits: the kernel
    /// reads <paramref name="x"/> and overwrites it with the gradient, element by element. Another buffer is used if the input is a leaf,
    /// shares its storage, or is read by another recorded op. Using an overwritten input afterwards throws.
    /// </summary>
    protected GradientTarget TakeOver(int i, out Tensor x) => Tape.TakeOver(inputs[i]!, out x);

    /// <summary>
    /// Whether <see cref="Run"/> reads the values of an output. If it does not, a later op may overwrite them in its own backward pass.
    /// </summary>
    protected internal virtual bool ReadsOutputs => true;

    /// <summary>
    /// Computes the gradients of the inputs that need one. <paramref name="dy"/> is the gradient of output 0; null if no later op used that
    /// output.
    /// </summary>
    public abstract void Run(Tensor? dy);
}
