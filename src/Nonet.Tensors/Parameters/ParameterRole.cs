namespace Nonet.Tensors;

/// <summary>
/// Purpose of a parameter. Weight decay, Muon, parameter counts, forecasts of memory and compute, quantisation and adapters depend on it.
/// </summary>
public enum ParameterRole
{
    /// <summary>A weight matrix of a layer inside the network.</summary>
    Matrix,

    /// <summary>A table with one vector per token or segment.</summary>
    Embedding,

    /// <summary>A table with one vector per position or distance.</summary>
    Position,

    /// <summary>The matrix that turns hidden states into logits or scores.</summary>
    Head,

    /// <summary>The bias of a head.</summary>
    HeadBias,

    /// <summary>The gain or shift of a norm.</summary>
    Norm,

    /// <summary>A bias inside the network.</summary>
    Bias,

    /// <summary>The matrix that scores the experts for each token.</summary>
    Router,
}
