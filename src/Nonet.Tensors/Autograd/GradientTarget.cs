namespace Nonet.Tensors.Autograd;

/// <summary>Where a backward kernel puts a gradient: nowhere, over the old bytes, or added to what is there.</summary>
public readonly struct GradientTarget(Tensor? tensor, bool add)
{
    readonly Tensor? tensor = tensor;

    /// <summary>False when nobody wants this gradient; the kernel then skips the work.</summary>
    public bool Wanted => tensor is not null;

    /// <summary>Add to the values that are there (true) or overwrite them (false).</summary>
    public bool Add { get; } = add;

    public Tensor Tensor => tensor ?? throw new InvalidOperationException("this gradient is not wanted");

    public static GradientTarget None => default;
}
