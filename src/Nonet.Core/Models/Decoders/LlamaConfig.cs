using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Which two features of a head rotary positions rotate as a pair.</summary>
public enum RopeLayout
{
    /// <summary>(x_i, x_{i + d/2}): Hugging Face checkpoints.</summary>
    HalfSplit,

    /// <summary>(x_2i, x_2i+1): Meta's checkpoints and GGUF; Su et al. 2021, eq. 34.</summary>
    Interleaved,
}

/// <summary>
/// Shape of a LLaMA model: Touvron et al. 2023, with options of its descendants: grouped key-value heads, explicit head width, scaled
/// rotary positions and tied output. SmolLM is one of these. Families that change the attention layer derive from it.
/// </summary>
public record LlamaConfig : ModelConfig
{
    /// <summary>Longest sequence in training, in tokens.</summary>
    public int Context { get; init; } = 2048;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 32;

    /// <summary>Features of a hidden state: d_model.</summary>
    public int Width { get; init; } = 4096;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 32;

    /// <summary>Key and value heads. Head j serves the query heads j·r … j·r + r − 1, with r = Heads / KvHeads. Ainslie et al. 2023.</summary>
    public int KvHeads { get; init; } = 32;

    /// <summary>Width of a head; null is Width / Heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Width of the gated feed-forward layer; <see cref="HiddenFor"/> computes the paper's.</summary>
    public int Hidden { get; init; } = 11008;

    /// <summary>ε of RMS norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>θ_i = RopeBase^(−2i / HeadWidth): base of the rotary frequencies.</summary>
    public double RopeBase { get; init; } = 10000;

    /// <summary>Which two features of a head rotary positions rotate as a pair.</summary>
    public RopeLayout RopeLayout { get; init; } = RopeLayout.HalfSplit;

    /// <summary>Scaling of rotary positions; null: none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether query, key, value and attention output have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the feed-forward layer has biases.</summary>
    public bool FeedForwardBias { get; init; }

    /// <summary>Whether the output projection shares its weights with the token table.</summary>
    public bool Tied { get; init; }

    /// <inheritdoc/>
    public override string Family => "llama";

    /// <inheritdoc/>
    public override int MaxLength => RopeScaling?.Context(Context) ?? Context;

    /// <inheritdoc/>
    public override int StateWidth => Width;

    /// <summary>Width of a head: <see cref="HeadWidth"/>, or Width / Heads if that is null.</summary>
    public int HeadSize => HeadWidth ?? Width / Heads;

    /// <summary>Number of features of a head that are rotated; the rest pass unchanged.</summary>
    public virtual int RotaryWidth => HeadSize;

    /// <inheritdoc/>
    public override string Outline =>
        $"{Count(Layers, "layer")}, {Width} wide, {Count(Heads, "head")} of {HeadSize}, {KvHeads} key-value heads, feed-forward width {Hidden}";

    /// <inheritdoc/>
    public override ModelConfig? Untied() => Tied ? this with { Tied = false } : null;

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Llama(this, p);

    /// <summary>Two norms, two residuals, queries and keys before and after rotation, values, the attention's result, gate and up.</summary>
    public override KeptActivations? Kept => new(Layers, Width, 4L * Width + HeadSize * (3L * Heads + 3 * KvHeads) + 2L * Hidden);

    /// <summary>Attention of a layer, without rotary positions.</summary>
    internal virtual AttentionShape AttentionOf(int layer) => new()
    {
        Width = Width,
        Heads = Heads,
        KvHeads = KvHeads,
        HeadWidth = HeadSize,
        InputBias = AttentionBias,
        OutputBias = AttentionBias,
        Deviation = Llama.Deviation,
        OutputDeviation = Llama.Deviation / Math.Sqrt(2 * Layers),
    };

    /// <inheritdoc/>
    public override void Check()
    {
        var rules = new ConfigRules(GetType().Name);
        rules.AtLeastOne(nameof(Vocab), Vocab);
        rules.AtLeastOne(nameof(Context), Context);
        rules.Layers(nameof(Layers), Layers);
        rules.AtLeastOne(nameof(Width), Width);
        rules.AtLeastOne(nameof(Heads), Heads);
        rules.AtLeastOne(nameof(KvHeads), KvHeads);
        rules.AtLeastOne(nameof(Hidden), Hidden);
        rules.Divides(nameof(Heads), Heads, nameof(KvHeads), KvHeads);
        if (HeadWidth is { } given)
            rules.AtLeastOne(nameof(HeadWidth), given);
        else
            rules.Divides(nameof(Width), Width, nameof(Heads), Heads);
        rules.Heads(nameof(Heads), Heads, nameof(HeadWidth), HeadSize);
        rules.Even(nameof(HeadWidth), HeadSize);
        rules.Positive(nameof(Epsilon), Epsilon);
        rules.Rope(RopeBase, RopeLayout, RopeScaling, RotaryWidth);
    }

    /// <summary>
    /// Width of a SwiGLU layer with as many weights as a plain layer of width 4·Width: ⌊2·4·width/3⌋, then times
    /// <paramref name="multiplier"/> and floored again if one is given, then rounded up to a multiple of <paramref name="multipleOf"/>.
    /// LLaMA's released code, model.py, FeedForward.
    /// </summary>
    public static int HiddenFor(int width, int multipleOf = 256, double? multiplier = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(multipleOf, 1);
        var hidden = 8L * width / 3;
        if (multiplier is { } m)
            hidden = (long)(m * hidden);
        return checked((int)((hidden + multipleOf - 1) / multipleOf * multipleOf));
    }
}
