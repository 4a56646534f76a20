using Nonet.Models.Layers;

namespace Nonet.Models.Decoders;

/// <summary>
/// Qwen2 and Qwen2.5: LLaMA with biases of query, key and value only, and a sliding window in some layers. Yang et al. 2024, section 2.2.1.
/// </summary>
public sealed record Qwen2Config : LlamaConfig
{
    /// <summary>Tokens that a token sees in a layer with a window; null: no layer has a window.</summary>
    public int? Window { get; init; }

    /// <summary>Layers with a window.</summary>
    public LayerPattern Windowed { get; init; } = LayerPattern.None;

    /// <inheritdoc/>
    public override string Family => "qwen2";

    internal override AttentionShape AttentionOf(int layer) =>
        base.AttentionOf(layer) with { InputBias = true, OutputBias = false, Window = Windowed[layer] ? Window : null };

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        new ConfigRules(nameof(Qwen2Config)).AtLeastOne(nameof(Window), Window);
    }
}
