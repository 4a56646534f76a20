using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Which elements of a head rotary embedding turns together.</summary>
public enum RopeLayout
{
    /// <summary>(x_i, x_{i + d/2}): Hugging Face checkpoints.</summary>
    HalfSplit,

    /// <summary>(x_2i, x_2i+1): Meta's checkpoints and GGUF; Su et al. 2021, eq. 34.</summary>
    Interleaved,
}

/// <summary>
/// Shape of a LLaMA: Touvron et al. 2023, with the grouped KV heads, explicit head width, scaled rotary positions and tied output of its descendants.
/// SmolLM is one of these; families that change the attention layer derive from it.
/// </summary>
public record LlamaConfig : ModelConfig
{
    /// <summary>Longest sequence trained on.</summary>
    public int Context { get; init; } = 2048;

    public int Layers { get; init; } = 32;
    public int Width { get; init; } = 4096;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 32;

    /// <summary>Key and value heads; head j serves query heads j·r … j·r + r − 1, r = Heads / KvHeads. Ainslie et al. 2023.</summary>
    public int KvHeads { get; init; } = 32;

    /// <summary>Width of a head; null is Width / Heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Width of the gated feed-forward layer; <see cref="HiddenFor"/> gives the paper's.</summary>
    public int Hidden { get; init; } = 11008;

    /// <summary>ε of RMS norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>θ_i = RopeBase^(−2i / HeadWidth).</summary>
    public double RopeBase { get; init; } = 10000;

    public RopeLayout RopeLayout { get; init; } = RopeLayout.HalfSplit;

    /// <summary>How rotary positions are stretched; null: not at all.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Biases of query, key, value and attention output.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Biases of the feed-forward layer.</summary>
    public bool FeedForwardBias { get; init; }

    /// <summary>Whether the output projection is the token table.</summary>
    public bool Tied { get; init; }

    public override string Family => "llama";
    public override int MaxLength => RopeScaling?.Context(Context) ?? Context;
    public override int StateWidth => Width;

    /// <summary>Width of a head, given or Width / Heads.</summary>
    public int HeadSize => HeadWidth ?? Width / Heads;

    /// <summary>Features of a head that are turned; the rest pass.</summary>
    public virtual int RotaryWidth => HeadSize;

    public override string Outline => $"{Count(Layers, "layer")}, {Width} wide, {Count(Heads, "head")} of {HeadSize}, {KvHeads} of keys and values, {Hidden} wide in between";
    public override ModelConfig? Untied() => Tied ? this with { Tied = false } : null;
    public override ILanguageModel Create(ParameterPath p) => new Llama(this, p);

    /// <summary>Two norms and two residuals, queries before and after rotation, attention's result; keys twice and values; gate and up.</summary>
    public override KeptActivations? Kept => new(Layers, Width, 4L * Width + HeadSize * (3L * Heads + 3 * KvHeads) + 2L * Hidden);

    /// <summary>The attention of a layer, without its rotary positions.</summary>
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
    /// Width of SwiGLU that gives as many weights as a plain layer of 4·Width: ⌊2·4·width/3⌋, times <paramref name="multiplier"/> and floored
    /// again where one is given, rounded up to a multiple. LLaMA's released code, model.py, FeedForward.
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
