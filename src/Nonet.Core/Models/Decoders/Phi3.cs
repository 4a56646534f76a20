using Nonet.Models.Layers;

namespace Nonet.Models.Decoders;

/// <summary>
/// Phi-3, 3.5 and 4 (mini, medium): LLaMA with a sliding window, rotary positions on part of each head, and LongRoPE. Abdin et al. 2024,
/// section 2.
/// </summary>
public sealed record Phi3Config : LlamaConfig
{
    /// <summary>Tokens that a token sees, including itself; null: all previous tokens.</summary>
    public int? Window { get; init; }

    /// <summary>Share of a head's features that are rotated.</summary>
    public double RotaryShare { get; init; } = 1;

    /// <inheritdoc/>
    public override string Family => "phi3";

    /// <inheritdoc/>
    public override int RotaryWidth => (int)(HeadSize * RotaryShare);
    internal override AttentionShape AttentionOf(int layer) => base.AttentionOf(layer) with { Window = Window };

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        var rules = new ConfigRules(nameof(Phi3Config));
        rules.AtLeastOne(nameof(Window), Window);
        if (!(RotaryShare is > 0 and <= 1) || RotaryWidth < 2 || RotaryWidth % 2 != 0)
            throw rules.Wrong(nameof(RotaryShare), RotaryShare, $"a share in (0, 1] of the {HeadSize} features of a head that makes an even number");
    }
}
