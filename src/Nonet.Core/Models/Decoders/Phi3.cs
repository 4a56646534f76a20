using Nonet.Models.Layers;

namespace Nonet.Models.Decoders;

/// <summary>Phi-3, 3.5 and 4 (mini, medium): LLaMA with a sliding window, rotary positions on a part of each head and LongRoPE. Abdin et al. 2024, section 2.</summary>
public sealed record Phi3Config : LlamaConfig
{
    /// <summary>Tokens that a token sees, itself included; null: all before.</summary>
    public int? Window { get; init; }

    /// <summary>Share of a head that is turned.</summary>
    public double RotaryShare { get; init; } = 1;

    public override string Family => "phi3";
    public override int RotaryWidth => (int)(HeadSize * RotaryShare);
    internal override AttentionShape AttentionOf(int layer) => base.AttentionOf(layer) with { Window = Window };

    public override void Check()
    {
        base.Check();
        var rules = new ConfigRules(nameof(Phi3Config));
        rules.AtLeastOne(nameof(Window), Window);
        if (!(RotaryShare is > 0 and <= 1) || RotaryWidth < 2 || RotaryWidth % 2 != 0)
            throw rules.Wrong(nameof(RotaryShare), RotaryShare, $"a share in (0, 1] of the {HeadSize} features of a head that makes an even number");
    }
}
