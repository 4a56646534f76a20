using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a GPT-2: Radford et al. 2019. The defaults are its smallest model, 124 M weights.</summary>
public record GptConfig : ModelConfig
{
    /// <summary>Longest sequence: rows of the learned position table.</summary>
    public int Context { get; init; } = 1024;

    public int Layers { get; init; } = 12;
    public int Width { get; init; } = 768;

    /// <summary>Attention heads, each Width / Heads wide.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>ε of layer norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Dropout of embeddings, attention weights and residual branches while training; 0 is off.</summary>
    public float Dropout { get; init; }

    /// <summary>Width of the feed-forward layer; null is 4 · Width.</summary>
    public int? Hidden { get; init; }

    /// <summary>Whether the output projection is the token table.</summary>
    public bool Tied { get; init; } = true;

    /// <summary>Whether scores of layer i are divided by i + 1 besides, i from 0: a later remedy for half precision.</summary>
    public bool ScaleByLayer { get; init; }

    /// <summary>f of the feed-forward layer.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    public override string Family => "gpt2";
    public override int MaxLength => Context;
    public override int StateWidth => Width;
    public override string Outline => $"{Count(Layers, "layer")}, {Width} wide, {Count(Heads, "head")} of {Width / Heads}, {Hidden ?? 4 * Width} wide in between";
    public override ModelConfig? Untied() => Tied ? this with { Tied = false } : null;
    public override ILanguageModel Create(ParameterPath p) => new Gpt(this, p);

    /// <summary>Two norms and two residuals, queries, keys, values, attention's result; the hidden layer.</summary>
    public override KeptActivations? Kept => new(Layers, Width, 8L * Width + (Hidden ?? 4L * Width));

    /// <summary>Biases of query, key and value.</summary>
    internal virtual bool InputBias => true;

    /// <summary>Tokens that a layer's tokens see, themselves included; null: all before.</summary>
    internal virtual int? WindowOf(int layer) => null;

    public override void Check()
    {
        var rules = new ConfigRules(GetType().Name);
        rules.AtLeastOne(nameof(Vocab), Vocab);
        rules.AtLeastOne(nameof(Context), Context);
        rules.Layers(nameof(Layers), Layers);
        rules.AtLeastOne(nameof(Width), Width);
        rules.AtLeastOne(nameof(Heads), Heads);
        rules.AtLeastOne(nameof(Hidden), Hidden);
        rules.Divides(nameof(Width), Width, nameof(Heads), Heads);
        rules.Positive(nameof(Epsilon), Epsilon);
        rules.Share(nameof(Dropout), Dropout);
        if (!Enum.IsDefined(Activation))
            throw rules.Wrong(nameof(Activation), Activation, "a known function");
    }
}
