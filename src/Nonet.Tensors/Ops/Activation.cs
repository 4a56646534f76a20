namespace Nonet.Tensors;

/// <summary>Pointwise nonlinearities: an op of their own, or applied by a linear layer to its input on the fly.</summary>
public enum Activation
{
    None,

    /// <summary>x Φ(x). Hendrycks and Gimpel 2016.</summary>
    Gelu,

    /// <summary>0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))): what GPT-2 computes.</summary>
    GeluTanh,
    Relu,

    /// <summary>x σ(x).</summary>
    Silu,
    Tanh,
    Sigmoid,
}
