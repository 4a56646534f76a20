using Nonet.Models.Layers;

namespace Nonet.Models.Decoders;

/// <summary>
/// Mistral 7B: LLaMA with grouped key-value heads and a sliding window: query i sees keys j with 0 ≤ i − j &lt; W. Jiang et al. 2023,
/// section 2.
/// </summary>
public sealed record MistralConfig : LlamaConfig
{
    /// <summary>W; null: no window (from version 0.2 on).</summary>
    public int? Window { get; init; } = 4096;

    /// <inheritdoc/>
    public override string Family => "mistral";
    internal override AttentionShape AttentionOf(int layer) => base.AttentionOf(layer) with { Window = Window };

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        new ConfigRules(nameof(MistralConfig)).AtLeastOne(nameof(Window), Window);
    }
}
