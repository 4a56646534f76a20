namespace Nonet.Tensors;

/// <summary>Pointwise nonlinearities. They run as an op, or a linear layer applies them to its input.</summary>
public enum Activation
{
    /// <summary>y = x.</summary>
    None,

    /// <summary>x Φ(x). Hendrycks and Gimpel 2016.</summary>
    Gelu,

    /// <summary>0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))): the approximation that GPT-2 computes.</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x σ(x).</summary>
    Silu,

    /// <summary>tanh x.</summary>
    Tanh,

    /// <summary>1 / (1 + e^−x).</summary>
    Sigmoid,
}
