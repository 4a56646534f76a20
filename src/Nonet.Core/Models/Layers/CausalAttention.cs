using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>What an attention layer of a decoder is made of.</summary>
public sealed record AttentionShape
{
    public required int Width { get; init; }
    public required int Heads { get; init; }
    public required int KvHeads { get; init; }
    public required int HeadWidth { get; init; }

    /// <summary>Biases of query, key and value.</summary>
    public bool InputBias { get; init; }

    /// <summary>Bias of the output projection.</summary>
    public bool OutputBias { get; init; }

    /// <summary>ε of an RMS norm over each head of queries and keys before they are turned; null: none. Qwen3, Gemma 3.</summary>
    public float? HeadNormEpsilon { get; init; }

    /// <summary>Whether that norm is over all heads of a token together: OLMo 2.</summary>
    public bool NormsAllHeads { get; init; }

    /// <summary>What is added to the gain of that norm: 1 in Gemma.</summary>
    public float HeadNormOffset { get; init; }

    /// <summary>A token sees so many tokens, itself included; null: all before it.</summary>
    public int? Window { get; init; }

    /// <summary>Factor of q · k; null: 1 / √HeadWidth.</summary>
    public float? Scale { get; init; }

    /// <summary>c of c · tanh(score / c); null: none.</summary>
    public float? SoftCap { get; init; }

    /// <summary>Rotary positions; null: none.</summary>
    public RotaryPositions? Rotary { get; init; }

    /// <summary>Deviation of the start of query, key and value.</summary>
    public required double Deviation { get; init; }

    /// <summary>Deviation of the start of the output projection.</summary>
    public required double OutputDeviation { get; init; }
}

/// <summary>Causal attention with rotary queries and keys; several query heads may share a key and value head. Ainslie et al. 2023.</summary>
public sealed class CausalAttention
{
    readonly int layer;
    readonly AttentionShape shape;
    readonly AttentionOptions options;
    readonly RmsNorm? queryNorm, keyNorm;

    /// <param name="shape">Heads, widths, norms and positions.</param>
    /// <param name="p">Where the weights are declared.</param>
    /// <param name="layer">Number of the layer in its model: which keys and values of a cache are its own.</param>
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

    public Linear Query { get; }
    public Linear Key { get; }
    public Linear Value { get; }
    public Linear Output { get; }

    /// <summary>residual + W_o attention(x): (N, Width) → (N, Width).</summary>
    public Tensor Forward(Tensor x, Tensor? residual, Batch batch, KvCache? cache)
    {
        var qkv = Linear.Many(x, Query, Key, Value);
        var q = Turned(qkv[0], queryNorm, batch);
        var k = Turned(qkv[1], keyNorm, batch);
        return Output.Forward(batch.Attend(q, k, qkv[2], options, cache, layer), residual);
    }

    Tensor Turned(Tensor x, RmsNorm? norm, Batch batch)
    {
        if (norm is not null)
            x = shape.NormsAllHeads ? norm.Forward(x) : norm.ForwardHeads(x, shape.HeadWidth);
        return shape.Rotary is { } rotary ? rotary.Turn(x, batch, shape.HeadWidth) : x;
    }
}
