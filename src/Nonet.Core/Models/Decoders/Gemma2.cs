namespace Nonet.Models.Decoders;

/// <summary>Gemma 2: every other layer has a window, from the first on; scores and logits are soft-capped. Gemma Team 2024, section 2.</summary>
public sealed record Gemma2Config : GemmaConfig
{
    public Gemma2Config() => (AttentionSoftCap, OutputSoftCap) = (50, 30);

    public override string Family => "gemma2";
    internal override bool HeadNorms => false;
}
