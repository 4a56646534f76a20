namespace Nonet.Models.Decoders;

/// <summary>
/// Gemma 2: every other layer, beginning with the first, has a sliding window; scores and logits are soft-capped. Gemma Team 2024, section
/// 2.
/// </summary>
public sealed record Gemma2Config : GemmaConfig
{
    /// <summary>The published soft caps: 50 for scores, 30 for logits.</summary>
    public Gemma2Config() => (AttentionSoftCap, OutputSoftCap) = (50, 30);

    /// <inheritdoc/>
    public override string Family => "gemma2";
    internal override bool HeadNorms => false;
}
