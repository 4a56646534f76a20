using Nonet.Tensors;

namespace Nonet.Models.EncoderDecoders;

/// <summary>Shape of a T5, T5 1.1 or Flan-T5 model: Raffel et al. 2020, section 2.1. The defaults are Flan-T5-small.</summary>
public sealed record T5Config : ModelConfig
{
    /// <summary>Blocks of the encoder.</summary>
    public int EncoderLayers { get; init; } = 8;

    /// <summary>Blocks of the decoder.</summary>
    public int DecoderLayers { get; init; } = 8;

    /// <summary>Features of a hidden state: d_model.</summary>
    public int Width { get; init; } = 512;

    /// <summary>Attention heads of each layer.</summary>
    public int Heads { get; init; } = 6;

    /// <summary>Features of a head; Heads · HeadWidth may differ from Width.</summary>
    public int HeadWidth { get; init; } = 64;

    /// <summary>Width of the feed-forward layer.</summary>
    public int Hidden { get; init; } = 1024;

    /// <summary>Number of distance buckets, each with its own bias. Half of them are exact distances; the others are logarithmic ranges.</summary>
    public int Buckets { get; init; } = 32;

    /// <summary>From this distance on, all distances share a bucket.</summary>
    public int MaxDistance { get; init; } = 128;

    /// <summary>ε of RMS norm.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <summary>f of the feed-forward layer: relu in T5, tanh-GELU in 1.1 and Flan.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <summary>Whether the feed-forward layer is gated, as in 1.1 and Flan.</summary>
    public bool Gated { get; init; } = true;

    /// <summary>Whether encoder and decoder share one token table.</summary>
    public bool SharedTable { get; init; } = true;

    /// <summary>Whether the output projection shares its weights with the token table, as in the first T5.</summary>
    public bool Tied { get; init; }

    /// <summary>Whether hidden states are divided by √Width before the output projection, as in the first T5.</summary>
    public bool ScaledOutput { get; init; }

    /// <summary>Dropout of embeddings, attention weights and residual branches during training.</summary>
    public float Dropout { get; init; } = 0.1f;

    /// <summary>First id of every target: the padding id.</summary>
    public int StartToken { get; init; }

    /// <inheritdoc/>
    public override string Family => "t5";

    /// <summary>A bound on memory: relative positions themselves have no limit.</summary>
    public override int MaxLength => 1 << 20;

    /// <inheritdoc/>
    public override int StateWidth => Width;

    /// <inheritdoc/>
    public override string Outline =>
        $"{EncoderLayers} and {DecoderLayers} layers, {Width} wide, {Count(Heads, "head")} of {HeadWidth}, feed-forward width {Hidden}";

    /// <inheritdoc/>
    public override ModelConfig? Untied() => Tied ? this with { Tied = false } : null;

    /// <summary>
    /// Norms, residuals, queries, keys, values, the attention's result and the hidden layer, twice if it is gated; in the decoder also those
    /// of the attention to the source. The mean of all layers, for each source token and its target token.
    /// </summary>
    public override KeptActivations? Kept => new(EncoderLayers + DecoderLayers, Width,
        4L * Width + 4L * Heads * HeadWidth + (Gated ? 2L : 1L) * Hidden + DecoderLayers * (2L * Width + 4L * Heads * HeadWidth)
            / (EncoderLayers + DecoderLayers));

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new T5(this, p);

    /// <inheritdoc/>
    public override void Check()
    {
        var rules = new ConfigRules(nameof(T5Config));
        rules.AtLeastOne(nameof(Vocab), Vocab);
        rules.Layers(nameof(EncoderLayers), EncoderLayers);
        rules.Layers(nameof(DecoderLayers), DecoderLayers);
        rules.AtLeastOne(nameof(Width), Width);
        rules.AtLeastOne(nameof(Heads), Heads);
        rules.AtLeastOne(nameof(HeadWidth), HeadWidth);
        rules.AtLeastOne(nameof(Hidden), Hidden);
        rules.Heads(nameof(Heads), Heads, nameof(HeadWidth), HeadWidth);
        rules.Positive(nameof(Epsilon), Epsilon);
        rules.Share(nameof(Dropout), Dropout);
        if (Buckets < 4 || Buckets % 2 != 0)
            throw rules.Wrong(nameof(Buckets), Buckets, "an even number from 4");
        if (MaxDistance <= Buckets / 2 || MaxDistance > 1 << 16)
            throw rules.Wrong(nameof(MaxDistance), MaxDistance, $"above half of Buckets, {Buckets / 2}, and at most {1 << 16}");
        if (Tied && !SharedTable)
            throw rules.Wrong(nameof(Tied), Tied, "false if encoder and decoder have separate tables");
        if ((uint)StartToken >= (uint)Vocab)
            throw rules.Wrong(nameof(StartToken), StartToken, $"an id below Vocab, {Vocab}");
    }
}
