using Nonet.Models.Layers;

namespace Nonet.Models.Decoders;

/// <summary>Qwen3 (dense): LLaMA with an RMS norm over each head of queries and keys before they are turned, and a head width of its own. Yang et al. 2025, section 2.</summary>
public sealed record Qwen3Config : LlamaConfig
{
    /// <summary>Tokens that a layer with a window sees; null: no layer has one.</summary>
    public int? Window { get; init; }

    /// <summary>Which layers have the window.</summary>
    public LayerPattern Windowed { get; init; } = LayerPattern.None;

    public override string Family => "qwen3";

    internal override AttentionShape AttentionOf(int layer) =>
        base.AttentionOf(layer) with { HeadNormEpsilon = Epsilon, Window = Windowed[layer] ? Window : null };

    public override void Check()
    {
        base.Check();
        new ConfigRules(nameof(Qwen3Config)).AtLeastOne(nameof(Window), Window);
    }
}
