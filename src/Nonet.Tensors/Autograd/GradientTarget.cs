namespace Nonet.Tensors.Autograd;

/// <summary>Says what a backward kernel does with a gradient: skip it, overwrite a buffer with it, or add it to a buffer.</summary>
public readonly struct GradientTarget(Tensor? tensor, bool add)
{
    readonly Tensor? tensor = tensor;

    /// <summary>False if no input needs this gradient; the kernel then skips the work.</summary>
    public bool Wanted => tensor is not null;

    /// <summary>True: add to the buffer's values. False: overwrite them.</summary>
    public bool Add { get; } = add;

    /// <summary>Buffer that receives the gradient. Throws if <see cref="Wanted"/> is false.</summary>
    public Tensor Tensor => tensor ?? throw new InvalidOperationException("this gradient is not wanted");

    /// <summary>A target that skips the gradient.</summary>
    public static GradientTarget None => default;
}
