using Nonet.Tensors;

namespace Nonet.Models.EncoderDecoders;

/// <summary>Position of the norm of a sublayer.</summary>
public enum NormPlacement
{
    /// <summary>x = norm(x + f(x)): as in the paper. It needs a warm-up.</summary>
    Post,

    /// <summary>
    /// x = x + f(norm(x)), with a norm after the last block: as in the later released code. Xiong et al. 2020, "On Layer Normalization in
    /// the Transformer Architecture".
    /// </summary>
    Pre,
}

/// <summary>How a model encodes the positions of its tokens.</summary>
public enum PositionKind
{
    /// <summary>Sines and cosines: section 3.5.</summary>
    Sinusoidal,

    /// <summary>A trained table: row E of table 3.</summary>
    Learned,

    /// <summary>No position encoding: an ablation.</summary>
    None,
}

/// <summary>
/// Shape of the encoder-decoder of Vaswani et al. 2017. The defaults are the base model. Marian's translation models have this shape, with
/// another activation.
/// </summary>
public sealed record TransformerConfig : ModelConfig
{
    const long MostSines = 1 << 28;

    /// <summary>Longest sequence, in tokens.</summary>
    public int Context { get; init; } = 512;

    /// <summary>Blocks of the encoder.</summary>
    public int EncoderLayers { get; init; } = 6;

    /// <summary>Blocks of the decoder.</summary>
    public int DecoderLayers { get; init; } = 6;

    /// <summary>Features of a hidden state: d_model.</summary>
    public int Width { get; init; } = 512;

    /// <summary>Heads of the encoder, each of width Width / EncoderHeads.</summary>
    public int EncoderHeads { get; init; } = 8;

    /// <summary>Heads of the decoder, each of width Width / DecoderHeads.</summary>
    public int DecoderHeads { get; init; } = 8;

    /// <summary>Width of the encoder's feed-forward layers.</summary>
    public int EncoderHidden { get; init; } = 2048;

    /// <summary>Width of the decoder's feed-forward layers.</summary>
    public int DecoderHidden { get; init; } = 2048;

    /// <summary>Position of the norms.</summary>
    public NormPlacement Norm { get; init; } = NormPlacement.Post;

    /// <summary>Encoding of positions.</summary>
    public PositionKind Positions { get; init; } = PositionKind.Sinusoidal;

    /// <summary>d_k: width of queries and keys in a head, at most the width of its values; null: equal to it. Row B of table 3.</summary>
    public int? KeyWidth { get; init; }

    /// <summary>
    /// Whether a target token sees only the tokens before it. False is an ablation: the model then reads the tokens that it should predict.
    /// </summary>
    public bool Causal { get; init; } = true;

    /// <summary>f of the feed-forward layers: relu in the paper, silu (swish) in Marian.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Whether embeddings are multiplied by √Width: section 3.4.</summary>
    public bool ScaledEmbedding { get; init; } = true;

    /// <summary>Whether sources and targets share one token table: section 3.4.</summary>
    public bool SharedTable { get; init; } = true;

    /// <summary>Whether the output projection shares its weights with the target's token table: section 3.4.</summary>
    public bool Tied { get; init; } = true;

    /// <summary>Number of source ids if sources have their own table; null: Vocab.</summary>
    public int? SourceVocab { get; init; }

    /// <summary>ε of layer norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Dropout of embeddings and of each sublayer's result during training: section 5.4.</summary>
    public float Dropout { get; init; } = 0.1f;

    /// <summary>Dropout of attention weights during training.</summary>
    public float AttentionDropout { get; init; }

    /// <summary>First id of every target: the padding id in Marian.</summary>
    public int StartToken { get; init; }

    /// <summary>
    /// Whether Marian supports all settings, so that transformers can open the checkpoint: post-norm with ε 1e-5, sines, heads of one
    /// width, a causal decoder.
    /// </summary>
    internal bool IsMarian => Norm == NormPlacement.Post && Positions == PositionKind.Sinusoidal && KeyWidth is null && Causal && Epsilon == 1e-5f;

    /// <inheritdoc/>
    public override string Family => IsMarian ? "marian" : "nonet_transformer";

    /// <inheritdoc/>
    public override string Kind => "transformer";

    /// <inheritdoc/>
    public override int MaxLength => Context;

    /// <inheritdoc/>
    public override int StateWidth => Width;

    /// <inheritdoc/>
    public override string Outline =>
        $"{EncoderLayers} and {DecoderLayers} layers, {Width} wide, {EncoderHeads} and {DecoderHeads} heads, feed-forward widths {EncoderHidden} and "
        + $"{DecoderHidden}";

    /// <inheritdoc/>
    public override ModelConfig? Untied() => Tied ? this with { Tied = false } : null;

    /// <summary>
    /// As in BERT, and in the decoder the queries, keys, values, result, residual and norm of the attention to the source: the mean of all
    /// layers, for each source token and its target token.
    /// </summary>
    public override KeptActivations? Kept =>
        new(EncoderLayers + DecoderLayers, Width,
        8L * Width + (EncoderLayers * (long)EncoderHidden + DecoderLayers * (6L * Width + DecoderHidden)) / (EncoderLayers + DecoderLayers));

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Transformer(this, p);

    /// <inheritdoc/>
    public override void Check()
    {
        var rules = new ConfigRules(nameof(TransformerConfig));
        rules.AtLeastOne(nameof(Vocab), Vocab);
        rules.AtLeastOne(nameof(SourceVocab), SourceVocab);
        rules.AtLeastOne(nameof(Context), Context);
        rules.Layers(nameof(EncoderLayers), EncoderLayers);
        rules.Layers(nameof(DecoderLayers), DecoderLayers);
        rules.AtLeastOne(nameof(Width), Width);
        rules.AtLeastOne(nameof(EncoderHeads), EncoderHeads);
        rules.AtLeastOne(nameof(DecoderHeads), DecoderHeads);
        rules.AtLeastOne(nameof(EncoderHidden), EncoderHidden);
        rules.AtLeastOne(nameof(DecoderHidden), DecoderHidden);
        rules.Divides(nameof(Width), Width, nameof(EncoderHeads), EncoderHeads);
        rules.Divides(nameof(Width), Width, nameof(DecoderHeads), DecoderHeads);
        rules.Divides(nameof(Width), Width, "the two of sine and cosine", 2);
        rules.AtLeastOne(nameof(KeyWidth), KeyWidth);
        if (Positions == PositionKind.Sinusoidal && (long)Context * Width > MostSines)
            throw rules.Wrong(nameof(Context), Context, $"at most {MostSines / Width} at a width of {Width}: the table of sines covers all positions");
        if (KeyWidth > Math.Min(Width / EncoderHeads, Width / DecoderHeads))
            throw rules.Wrong(nameof(KeyWidth), KeyWidth, $"at most the width of a head, {Math.Min(Width / EncoderHeads, Width / DecoderHeads)}");
        if (!Enum.IsDefined(Norm))
            throw rules.Wrong(nameof(Norm), Norm, "Post or Pre");
        if (!Enum.IsDefined(Positions))
            throw rules.Wrong(nameof(Positions), Positions, "Sinusoidal, Learned or None");
        rules.Positive(nameof(Epsilon), Epsilon);
        rules.Share(nameof(Dropout), Dropout);
        rules.Share(nameof(AttentionDropout), AttentionDropout);
        if (SharedTable && SourceVocab is { } sources && sources != Vocab)
            throw rules.Wrong(nameof(SourceVocab), sources, $"Vocab, {Vocab}, or null if SharedTable is true");
        if ((uint)StartToken >= (uint)Vocab)
            throw rules.Wrong(nameof(StartToken), StartToken, $"an id below Vocab, {Vocab}");
    }
}
