namespace Nonet.Models.Decoders;

/// <summary>
/// Gemma 3 (text): norms of queries and keys by head, five layers with a window to one without, positions of base 10,000 in those and 1,000,000 in this.
/// Gemma Team 2025, section 2.
/// </summary>
public sealed record Gemma3Config : GemmaConfig
{
    /// <summary>Which layers have the window in the published models.</summary>
    internal static readonly LayerPattern Published = new(true, true, true, true, true, false);

    public Gemma3Config() => (RopeBase, LocalRopeBase, Windowed, Window) = (1e6, 10000, Published, 512);

    public override string Family => "gemma3_text";
    public override string Kind => "gemma3";
    internal override bool HeadNorms => true;
}
