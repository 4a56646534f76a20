using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>
/// Keeps the attention weights of a forward pass, which the fused kernel never stores. Attach it to a batch of one sequence with
/// <see cref="Batch.With(AttentionRecorder)"/>. The weights are computed again in double from the same queries and keys, without dropout.
/// Supported by encoders and encoder-decoders.
/// </summary>
public sealed class AttentionRecorder
{
    readonly List<AttentionMap> self = [], cross = [];

    /// <summary>Self-attention: one map per layer.</summary>
    public IReadOnlyList<AttentionMap> Self => self;

    /// <summary>Attention of a decoder's tokens to the source: one map per layer.</summary>
    public IReadOnlyList<AttentionMap> Cross => cross;

    internal void AddSelf(Tensor q, Tensor k, AttentionOptions options) => self.Add(Compute(q, k, options));

    internal void AddCross(Tensor q, Tensor k, AttentionOptions options) => cross.Add(Compute(q, k, options));

    /// <summary>softmax(scale · q kᵀ + bias) per head. Vaswani et al. 2017, eq. 1.</summary>
    static AttentionMap Compute(Tensor q, Tensor k, AttentionOptions options)
    {
        using var scope = new TensorScope();
        (q, k) = (q.Download(), k.Download());
        var relative = options.RelativeBias?.Download();
        var (queries, keys, stride) = (q.Shape[0], k.Shape[0], q.Shape[1]);
        var width = stride / options.Heads;
        var scale = options.Scale ?? 1 / Math.Sqrt(width);
        var map = new AttentionMap(options.Heads, queries, keys);
        for (var h = 0; h < options.Heads; h++)
        {
            for (var i = 0; i < queries; i++)
            {
                var seen = options.Causal ? i + 1 : keys;
                var scores = new double[seen];
                for (var j = 0; j < seen; j++)
                {
                    for (var d = h * width; d < (h + 1) * width; d++)
                        scores[j] += q.Value((long)i * stride + d) * k.Value((long)j * stride + d);
                    scores[j] = scores[j] * scale + Bias(relative, h, j - i);
                }
                var most = scores.Max();
                var sum = scores.Sum(s => Math.Exp(s - most));
                for (var j = 0; j < seen; j++)
                    map[h, i, j] = Math.Exp(scores[j] - most) / sum;
            }
        }
        return map;
    }

    static double Bias(Tensor? bias, int head, int distance)
    {
        if (bias is null)
            return 0;
        var reach = bias.Shape[1] / 2;
        return bias.Value((long)head * bias.Shape[1] + Math.Clamp(distance, -reach, reach) + reach);
    }
}

/// <summary>
/// Attention weights of one layer: the weight that each query gives to each key. The weights of a query sum to 1; masked keys have weight
/// 0.
/// </summary>
public sealed class AttentionMap(int heads, int queries, int keys)
{
    readonly double[] weights = new double[checked(heads * queries * keys)];

    /// <summary>Number of heads.</summary>
    public int Heads => heads;

    /// <summary>Number of query tokens.</summary>
    public int Queries => queries;

    /// <summary>Number of key tokens.</summary>
    public int Keys => keys;

    /// <summary>Weight that a query gives to a key in one head, from 0 to 1.</summary>
    public double this[int head, int query, int key]
    {
        get => weights[((head * queries) + query) * keys + key];
        internal set => weights[((head * queries) + query) * keys + key] = value;
    }

    /// <summary>Map of one head.</summary>
    public AttentionMap Head(int head)
    {
        var one = new AttentionMap(1, queries, keys);
        Array.Copy(weights, head * queries * keys, one.weights, 0, queries * keys);
        return one;
    }

    /// <summary>Mean over all heads, as a map with one head.</summary>
    public AttentionMap Mean()
    {
        var mean = new AttentionMap(1, queries, keys);
        for (var i = 0; i < weights.Length; i++)
            mean.weights[i % (queries * keys)] += weights[i] / heads;
        return mean;
    }
}
