using Nonet.Models.Layers;

namespace Nonet.Models.Decoders;

/// <summary>
/// Qwen3 (dense): LLaMA with an RMS norm over each head of queries and keys before rotation, and an independent head width. Yang et al.
/// 2025, section 2.
/// </summary>
public sealed record Qwen3Config : LlamaConfig
{
    /// <summary>Tokens that a token sees in a layer with a window; null: no layer has a window.</summary>
    public int? Window { get; init; }

    /// <summary>Layers with a window.</summary>
    public LayerPattern Windowed { get; init; } = LayerPattern.None;

    /// <inheritdoc/>
    public override string Family => "qwen3";

    internal override AttentionShape AttentionOf(int layer) =>
        base.AttentionOf(layer) with { HeadNormEpsilon = Epsilon, Window = Windowed[layer] ? Window : null };

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        new ConfigRules(nameof(Qwen3Config)).AtLeastOne(nameof(Window), Window);
    }
}
