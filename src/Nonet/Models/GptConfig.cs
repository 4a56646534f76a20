namespace Nonet.Models;

/// <summary>Shape of a GPT-2: Radford et al. 2019. The defaults are its smallest model, 124 M weights.</summary>
public sealed record GptConfig
{
    /// <summary>Number of token ids.</summary>
    public required int Vocab { get; init; }

    /// <summary>Longest sequence: rows of the learned position table.</summary>
    public int Context { get; init; } = 1024;

    public int Layers { get; init; } = 12;
    public int Width { get; init; } = 768;

    /// <summary>Attention heads, each Width / Heads wide.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>ε of layer norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Dropout of embeddings, attention weights and residual branches while training; 0 is off.</summary>
    public float Dropout { get; init; }
}
