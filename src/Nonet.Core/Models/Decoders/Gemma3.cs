namespace Nonet.Models.Decoders;

/// <summary>
/// Gemma 3 (text): queries and keys are normalised per head. Five layers with a sliding window and rotary base 10,000 alternate with one
/// layer without a window and with base 1,000,000. Gemma Team 2025, section 2.
/// </summary>
public sealed record Gemma3Config : GemmaConfig
{
    /// <summary>Layers with a window in the published models.</summary>
    internal static readonly LayerPattern Published = new(true, true, true, true, true, false);

    /// <summary>The published rotary bases, window of 512 tokens and layer pattern.</summary>
    public Gemma3Config() => (RopeBase, LocalRopeBase, Windowed, Window) = (1e6, 10000, Published, 512);

    /// <inheritdoc/>
    public override string Family => "gemma3_text";

    /// <inheritdoc/>
    public override string Kind => "gemma3";
    internal override bool HeadNorms => true;
}
