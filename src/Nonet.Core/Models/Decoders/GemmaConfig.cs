using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a Gemma 2 or 3 model. The defaults are Gemma 2 2B.</summary>
public abstract record GemmaConfig : ModelConfig
{
    /// <summary>Longest sequence, in tokens.</summary>
    public int Context { get; init; } = 8192;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 26;

    /// <summary>Features of a hidden state: d_model.</summary>
    public int Width { get; init; } = 2304;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Key and value heads.</summary>
    public int KvHeads { get; init; } = 4;

    /// <summary>Width of a head.</summary>
    public int HeadWidth { get; init; } = 256;

    /// <summary>Width of the gated feed-forward layer.</summary>
    public int Hidden { get; init; } = 9216;

    /// <summary>ε of RMS norm.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <summary>Base of rotary positions in the layers without a window.</summary>
    public double RopeBase { get; init; } = 10000;

    /// <summary>Which two features of a head rotary positions rotate as a pair.</summary>
    public RopeLayout RopeLayout { get; init; } = RopeLayout.HalfSplit;

    /// <summary>Scaling of rotary positions in the layers without a window; null: none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Base of rotary positions in the layers with a window; null: the same.</summary>
    public double? LocalRopeBase { get; init; }

    /// <summary>Tokens that a token sees in the layers with a window, including itself.</summary>
    public int Window { get; init; } = 4096;

    /// <summary>Layers with a window.</summary>
    public LayerPattern Windowed { get; init; } = new(true, false);

    /// <summary>Attention scores are divided by its square root.</summary>
    public double QueryScalar { get; init; } = 256;

    /// <summary>c: scores become c · tanh(score / c); null: no cap.</summary>
    public float? AttentionSoftCap { get; init; }

    /// <summary>c of the same cap on the logits; null: no cap.</summary>
    public float? OutputSoftCap { get; init; }

    /// <summary>Whether the projections of the attention have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>f of the gated feed-forward layer.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <summary>Whether the output projection shares its weights with the token table.</summary>
    public bool Tied { get; init; } = true;

    /// <inheritdoc/>
    public override int MaxLength => RopeScaling?.Context(Context) ?? Context;

    /// <inheritdoc/>
    public override int StateWidth => Width;

    /// <inheritdoc/>
    public override string Outline =>
        $"{Count(Layers, "layer")}, {Width} wide, {Count(Heads, "head")} of {HeadWidth}, {KvHeads} key-value heads, feed-forward width {Hidden}, a window "
        + $"of {Window} in {Count(Enumerable.Range(0, Layers).Count(i => Windowed[i]), "layer")}";

    /// <inheritdoc/>
    public override ModelConfig? Untied() => Tied ? this with { Tied = false } : null;

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Gemma(this, p);

    /// <summary>As in LLaMA, plus two norms and the normalised queries and keys.</summary>
    public override KeptActivations? Kept => new(Layers, Width, 8L * Width + HeadWidth * (4L * Heads + 4 * KvHeads) + 3L * Hidden);

    /// <summary>Whether queries and keys are normalised per head.</summary>
    internal abstract bool HeadNorms { get; }

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
        rules.AtLeastOne(nameof(HeadWidth), HeadWidth);
        rules.AtLeastOne(nameof(Window), Window);
        rules.Divides(nameof(Heads), Heads, nameof(KvHeads), KvHeads);
        rules.Heads(nameof(Heads), Heads, nameof(HeadWidth), HeadWidth);
        rules.Even(nameof(HeadWidth), HeadWidth);
        rules.Positive(nameof(Epsilon), Epsilon);
        rules.Positive(nameof(AttentionSoftCap), AttentionSoftCap);
        rules.Positive(nameof(OutputSoftCap), OutputSoftCap);
        rules.Positive(nameof(QueryScalar), (float)QueryScalar);
        rules.Rope(RopeBase, RopeLayout, RopeScaling, HeadWidth);
        rules.Rope(LocalRopeBase ?? RopeBase, RopeLayout, null, HeadWidth, nameof(LocalRopeBase));
    }
}
