namespace Nonet.Models.Decoders;

/// <summary>
/// GPT-3: GPT-2 in which layers that see all previous tokens alternate with layers that see the last <see cref="Band"/> tokens. Brown et
/// al. 2020, section 2.1, after Child et al. 2019. The paper does not publish the band; 256 is a common guess. Query, key and value have no
/// biases, as in GPT-Neo, so that transformers can open the checkpoints as GPT-Neo models.
/// </summary>
public sealed record Gpt3Config : GptConfig
{
    /// <summary>Tokens that a token sees in a banded layer, including itself.</summary>
    public int Band { get; init; } = 256;

    /// <summary>Banded layers. The default, false and true in turn, is the paper's alternation of dense and banded layers.</summary>
    public LayerPattern Banded { get; init; } = new(false, true);

    /// <inheritdoc/>
    public override string Family => "gpt_neo";

    /// <inheritdoc/>
    public override string Kind => "gpt3";
    internal override bool InputBias => false;
    internal override int? WindowOf(int layer) => Banded[layer] ? Band : null;

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        new ConfigRules(nameof(Gpt3Config)).AtLeastOne(nameof(Band), Band);
    }
}
