namespace Nonet.Tensors;

/// <summary>What <see cref="Ops.Attention"/> computes. Null means off.</summary>
public sealed record AttentionOptions
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; Heads / KvHeads query heads share one (Ainslie et al. 2023, GQA). Equal to Heads: ordinary attention.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Factor of q · k; null: 1 / sqrt(D).</summary>
    public float? Scale { get; init; }

    /// <summary>A query sees the keys at its own position and before.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>W: query i sees keys j with 0 ≤ i - j &lt; W, or |i - j| &lt; W where not causal. Beltagy et al. 2020, Longformer.</summary>
    public int? Window { get; init; }

    /// <summary>c: scores become c tanh(s / c), before bias and mask. Gemma 2, 2024, section 2.</summary>
    public float? SoftCap { get; init; }

    /// <summary>(Heads, 2R-1): element [h, clamp(j - i + R-1)] is added to the score of query position i and key j. Differentiable. Shaw et al. 2018; Raffel et al. 2020.</summary>
    public Tensor? RelativeBias { get; init; }

    /// <summary>Share of the probabilities set to zero, the others divided by 1 - p. Vaswani et al. 2017, section 5.4.</summary>
    public float Dropout { get; init; }

    /// <summary>The stream that dropout draws from.</summary>
    public RandomKey Key { get; init; }

    /// <summary>The element of that stream for a query row, head and key of the sequence: the same in every batch that has the row at this place.</summary>
    internal static ulong DropoutElement(long row, int heads, int head, int key) => ((ulong)row * (ulong)heads + (ulong)head) << 32 | (uint)key;
}
