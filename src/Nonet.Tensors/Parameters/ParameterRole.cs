namespace Nonet.Tensors;

/// <summary>What a parameter is for. Weight decay, Muon, counts, forecasts of memory and work, quantisation and adapters go by it.</summary>
public enum ParameterRole
{
    /// <summary>A weight matrix of a layer inside the network.</summary>
    Matrix,

    /// <summary>A table of vectors, one of which is looked up for each token or segment.</summary>
    Embedding,

    /// <summary>A table of positions or of distances between them.</summary>
    Position,

    /// <summary>The matrix that makes logits or scores of hidden states.</summary>
    Head,

    /// <summary>The bias of a head.</summary>
    HeadBias,

    /// <summary>The gain or the shift of a norm.</summary>
    Norm,

    /// <summary>A bias inside the network.</summary>
    Bias,

    /// <summary>The matrix that scores experts for a token.</summary>
    Router,
}
