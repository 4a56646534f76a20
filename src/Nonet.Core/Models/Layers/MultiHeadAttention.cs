using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>Settings of an attention layer of an encoder or an encoder-decoder.</summary>
public sealed record MultiHeadShape
{
    /// <summary>Features of a hidden state.</summary>
    public required int Width { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Features of a head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>d_k of queries and keys, at most HeadWidth; null: HeadWidth.</summary>
    public int? KeyWidth { get; init; }

    /// <summary>Whether the projections have biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>True: a token sees the tokens up to itself. False: it sees its whole sequence.</summary>
    public bool Causal { get; init; }

    /// <summary>Factor of q · k; null: 1 / √KeyWidth.</summary>
    public float? Scale { get; init; }

    /// <summary>Dropout of the attention weights.</summary>
    public float Dropout { get; init; }

    /// <summary>Dropout of the layer's result before the residual is added.</summary>
    public float OutputDropout { get; init; }

    /// <summary>Standard deviations of the initial weights: of query, of key and value, and of the output projection.</summary>
    public required (double Query, double KeyValue, double Output) Deviations { get; init; }

    /// <summary>Initial values for a given standard deviation.</summary>
    public Func<double, Initialization> Start { get; init; } = Initialization.Normal;
}

/// <summary>softmax(Q Kᵀ / √d) V per head, over the tokens of a sequence or over an encoder's result. Vaswani et al. 2017, section 3.2.2.</summary>
public sealed class MultiHeadAttention
{
    readonly AttentionOptions options;
    readonly int heads, headWidth, keyWidth;
    readonly DropoutSite weights, branch;

    internal MultiHeadAttention(MultiHeadShape shape, ParameterPath p)
    {
        var inner = shape.Heads * shape.HeadWidth;
        (heads, headWidth, keyWidth) = (shape.Heads, shape.HeadWidth, shape.KeyWidth ?? shape.HeadWidth);
        options = new AttentionOptions
        {
            Heads = heads,
            KvHeads = heads,
            Causal = shape.Causal,
            Scale = shape.Scale ?? (keyWidth == headWidth ? null : 1 / MathF.Sqrt(keyWidth)),
        };
        Query = new Linear(p / "query", shape.Width, heads * keyWidth, shape.Bias, shape.Start(shape.Deviations.Query));
        Key = new Linear(p / "key", shape.Width, heads * keyWidth, shape.Bias, shape.Start(shape.Deviations.KeyValue));
        Value = new Linear(p / "value", shape.Width, inner, shape.Bias, shape.Start(shape.Deviations.KeyValue));
        Output = new Linear(p / "output", inner, shape.Width, shape.Bias, shape.Start(shape.Deviations.Output));
        weights = new DropoutSite(p / "weights", shape.Dropout);
        branch = new DropoutSite(p, shape.OutputDropout);
    }

    /// <summary>Projection of the hidden states to queries.</summary>
    public Linear Query { get; }

    /// <summary>Projection of the hidden states to keys.</summary>
    public Linear Key { get; }

    /// <summary>Projection of the hidden states to values.</summary>
    public Linear Value { get; }

    /// <summary>Projection of the concatenated heads back to the width of the model.</summary>
    public Linear Output { get; }

    /// <summary>residual + self-attention of x. With a cache, x also attends to the cached tokens of its sequences.</summary>
    /// <param name="x">(N, Width).</param>
    /// <param name="residual">(N, Width).</param>
    /// <param name="batch">The sequences.</param>
    /// <param name="cache">Keys and values of the previous tokens.</param>
    /// <param name="layer">Index of this layer in the cache.</param>
    /// <param name="relativeBias">(Heads, 2R − 1), as <see cref="AttentionOptions.RelativeBias"/>.</param>
    internal Tensor Self(Tensor x, Tensor residual, Batch batch, KvCache? cache = null, int layer = 0, Tensor? relativeBias = null)
    {
        var (query, key, value) = Linear.Three(x, Query, Key, Value);
        var (q, k, all) = (Padded(query), Padded(key), weights.Apply(options, batch) with { RelativeBias = relativeBias });
        batch.Recorder?.AddSelf(q, k, all);
        var y = batch.Attend(q, k, value, all, cache, layer);
        return branch.Branch(Output, y, residual, batch);
    }

    /// <summary>residual + attention of x to an encoder's result.</summary>
    /// <param name="x">(N, Width).</param>
    /// <param name="residual">(N, Width).</param>
    /// <param name="batch">The decoder's sequences: as many for each source as <paramref name="memory"/> says.</param>
    /// <param name="memory">The encoder's hidden states. The keys and values of this layer are computed from them once.</param>
    /// <param name="layer">Index of this layer.</param>
    internal Tensor Cross(Tensor x, Tensor residual, Batch batch, EncodedSource memory, int layer)
    {
        var (k, v) = memory.KeysAndValues(layer, Key, Value);
        var (q, keys, all) = (Padded(Query.Forward(x)), Padded(k), weights.Apply(options, batch) with { Causal = false });
        batch.Recorder?.AddCross(q, keys, all);
        var y = Ops.Attention(q, keys, v, memory.LayoutFor(batch), all);
        return branch.Branch(Output, y, residual, batch);
    }

    /// <summary>Pads queries or keys (N, Heads · KeyWidth) with zeros to the width of the values. Zeros do not change the products.</summary>
    Tensor Padded(Tensor x)
    {
        if (keyWidth == headWidth)
            return x;
        var rows = x.Shape[0] * heads;
        var narrow = Ops.Reshape(x, new Shape(rows, keyWidth));
        return Ops.Reshape(Ops.Concat(1, [narrow, x.Device.Zeros(new Shape(rows, headWidth - keyWidth))]), new Shape(x.Shape[0], heads * headWidth));
    }
}
