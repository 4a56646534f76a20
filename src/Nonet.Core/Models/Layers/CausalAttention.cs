using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>Settings of an attention layer of a decoder.</summary>
public sealed record AttentionShape
{
    /// <summary>Features of a hidden state.</summary>
    public required int Width { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; Heads is a multiple of it.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Features of a head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Whether query, key and value have biases.</summary>
    public bool InputBias { get; init; }

    /// <summary>Whether the output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>ε of an RMS norm over each head of queries and keys before rotation; null: no norm. Qwen3, Gemma 3.</summary>
    public float? HeadNormEpsilon { get; init; }

    /// <summary>Whether that norm covers all heads of a token together, as in OLMo 2.</summary>
    public bool NormsAllHeads { get; init; }

    /// <summary>Offset added to the gain of that norm: 1 in Gemma.</summary>
    public float HeadNormOffset { get; init; }

    /// <summary>Number of tokens that a token sees, including itself; null: all previous tokens.</summary>
    public int? Window { get; init; }

    /// <summary>Factor of q · k; null: 1 / √HeadWidth.</summary>
    public float? Scale { get; init; }

    /// <summary>c: scores become c · tanh(score / c); null: no cap.</summary>
    public float? SoftCap { get; init; }

    /// <summary>Rotary positions; null: no rotation.</summary>
    public RotaryPositions? Rotary { get; init; }

    /// <summary>Standard deviation of the initial weights of query, key and value.</summary>
    public required double Deviation { get; init; }

    /// <summary>Standard deviation of the initial weights of the output projection.</summary>
    public required double OutputDeviation { get; init; }
}

/// <summary>Causal attention with rotary queries and keys. Several query heads may share a key and value head. Ainslie et al. 2023.</summary>
public sealed class CausalAttention
{
    readonly int layer;
    readonly AttentionShape shape;
    readonly AttentionOptions options;
    readonly RmsNorm? queryNorm, keyNorm;

    /// <param name="shape">Heads, widths, norms and positions.</param>
    /// <param name="p">Path under which the weights are declared.</param>
    /// <param name="layer">Index of the layer in its model, which selects its keys and values in a cache.</param>
    public CausalAttention(AttentionShape shape, ParameterPath p, int layer)
    {
        this.shape = shape;
        this.layer = layer;
        options = new AttentionOptions { Heads = shape.Heads, KvHeads = shape.KvHeads, Window = shape.Window, Scale = shape.Scale, SoftCap = shape.SoftCap };
        Query = new Linear(p / "query", shape.Width, shape.Heads * shape.HeadWidth, shape.InputBias, shape.Deviation);
        Key = new Linear(p / "key", shape.Width, shape.KvHeads * shape.HeadWidth, shape.InputBias, shape.Deviation);
        Value = new Linear(p / "value", shape.Width, shape.KvHeads * shape.HeadWidth, shape.InputBias, shape.Deviation);
        Output = new Linear(p / "output", shape.Heads * shape.HeadWidth, shape.Width, shape.OutputBias, shape.OutputDeviation);
        if (shape.HeadNormEpsilon is { } epsilon)
        {
            queryNorm = new RmsNorm(p / "query_norm", (shape.NormsAllHeads ? shape.Heads : 1) * shape.HeadWidth, epsilon, shape.HeadNormOffset);
            keyNorm = new RmsNorm(p / "key_norm", (shape.NormsAllHeads ? shape.KvHeads : 1) * shape.HeadWidth, epsilon, shape.HeadNormOffset);
        }
    }

    /// <summary>Projection of the hidden states to queries.</summary>
    public Linear Query { get; }

    /// <summary>Projection of the hidden states to keys.</summary>
    public Linear Key { get; }

    /// <summary>Projection of the hidden states to values.</summary>
    public Linear Value { get; }

    /// <summary>Projection of the concatenated heads back to the width of the model.</summary>
    public Linear Output { get; }

    /// <summary>residual + W_o attention(x): (N, Width) → (N, Width).</summary>
    public Tensor Forward(Tensor x, Tensor? residual, Batch batch, KvCache? cache)
    {
        var (q, k, v) = Linear.Three(x, Query, Key, Value);
        q = Turned(q, queryNorm, batch);
        k = Turned(k, keyNorm, batch);
        return Output.Forward(batch.Attend(q, k, v, options, cache, layer), residual);
    }

    Tensor Turned(Tensor x, RmsNorm? norm, Batch batch)
    {
        if (norm is not null)
            x = shape.NormsAllHeads ? norm.Forward(x) : norm.ForwardHeads(x, shape.HeadWidth);
        return shape.Rotary is { } rotary ? rotary.Turn(x, batch, shape.HeadWidth) : x;
    }
}
