using Nonet.Models.Layers;

namespace Nonet.Models.Decoders;

/// <summary>Qwen2 and Qwen2.5: LLaMA with biases of query, key and value alone, and windows in some layers. Yang et al. 2024, section 2.2.1.</summary>
public sealed record Qwen2Config : LlamaConfig
{
    /// <summary>Tokens that a layer with a window sees; null: no layer has one.</summary>
    public int? Window { get; init; }

    /// <summary>Which layers have the window.</summary>
    public LayerPattern Windowed { get; init; } = LayerPattern.None;

    public override string Family => "qwen2";

    internal override AttentionShape AttentionOf(int layer) =>
        base.AttentionOf(layer) with { InputBias = true, OutputBias = false, Window = Windowed[layer] ? Window : null };

    public override void Check()
    {
        base.Check();
        new ConfigRules(nameof(Qwen2Config)).AtLeastOne(nameof(Window), Window);
    }
}
