namespace Nonet.Tensors;

/// <summary>Settings of <see cref="Ops.Attention"/>. Null means off.</summary>
public sealed record AttentionOptions
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>
    /// Key and value heads. Heads / KvHeads query heads share one (Ainslie et al. 2023, GQA); KvHeads = Heads gives ordinary attention.
    /// </summary>
    public required int KvHeads { get; init; }

    /// <summary>Factor of q · k; null: 1 / sqrt(D).</summary>
    public float? Scale { get; init; }

    /// <summary>Whether a query sees only the keys up to its own position.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>W: query i sees keys j with 0 ≤ i - j &lt; W, or with |i - j| &lt; W if not causal. Beltagy et al. 2020, Longformer.</summary>
    public int? Window { get; init; }

    /// <summary>c: scores become c tanh(s / c), before bias and mask. Gemma 2, 2024, section 2.</summary>
    public float? SoftCap { get; init; }

    /// <summary>
    /// (Heads, 2R-1): element [h, clamp(j - i + R-1)] is added to the score of query position i and key j. Differentiable. Shaw et al.
    /// 2018; Raffel et al. 2020.
    /// </summary>
    public Tensor? RelativeBias { get; init; }

    /// <summary>Probability that an attention weight is set to zero; the others are divided by 1 - p. Vaswani et al. 2017, section 5.4.</summary>
    public float Dropout { get; init; }

    /// <summary>Random stream of the dropout.</summary>
    public RandomKey Key { get; init; }

    /// <summary>
    /// Element of that stream for a query row, head and key of the sequence. It is the same in every batch with the row at this place.
    /// </summary>
    internal static ulong DropoutElement(long row, int heads, int head, int key) => ((ulong)row * (ulong)heads + (ulong)head) << 32 | (uint)key;
}
