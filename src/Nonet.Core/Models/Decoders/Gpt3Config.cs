namespace Nonet.Models.Decoders;

/// <summary>
/// GPT-3: GPT-2 with layers that see everything before and layers that see a band of the last <see cref="Band"/> tokens, in turn. Brown et al. 2020,
/// section 2.1, after Child et al. 2019. The paper does not publish the band; 256 is a usual guess. Query, key and value have no biases,
/// so that it is the model that checkpoints of GPT-Neo hold and transformers opens what is trained here.
/// </summary>
public sealed record Gpt3Config : GptConfig
{
    /// <summary>Tokens that a banded layer's tokens see, themselves included.</summary>
    public int Band { get; init; } = 256;

    /// <summary>Which layers are banded, by repetition: false, true is the paper's turn of dense and banded ones.</summary>
    public LayerPattern Banded { get; init; } = new(false, true);

    public override string Family => "gpt_neo";
    public override string Kind => "gpt3";
    internal override bool InputBias => false;
    internal override int? WindowOf(int layer) => Banded[layer] ? Band : null;

    public override void Check()
    {
        base.Check();
        new ConfigRules(nameof(Gpt3Config)).AtLeastOne(nameof(Band), Band);
    }
}
