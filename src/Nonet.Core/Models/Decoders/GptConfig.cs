using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a GPT-2 model: Radford et al. 2019. The defaults are the smallest one, with 124 M weights.</summary>
public record GptConfig : ModelConfig
{
    /// <summary>Longest sequence, in tokens: rows of the learned position table.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Features of a hidden state: d_model.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Attention heads, each of width Width / Heads.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>ε of layer norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Dropout of embeddings, attention weights and residual branches during training; 0: none.</summary>
    public float Dropout { get; init; }

    /// <summary>Width of the feed-forward layer; null is 4 · Width.</summary>
    public int? Hidden { get; init; }

    /// <summary>Whether the output projection shares its weights with the token table.</summary>
    public bool Tied { get; init; } = true;

    /// <summary>Whether the scores of layer i (from 0) are also divided by i + 1, which avoids overflow in half precision.</summary>
    public bool ScaleByLayer { get; init; }

    /// <summary>f of the feed-forward layer.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <inheritdoc/>
    public override string Family => "gpt2";

    /// <inheritdoc/>
    public override int MaxLength => Context;

    /// <inheritdoc/>
    public override int StateWidth => Width;

    /// <inheritdoc/>
    public override string Outline =>
        $"{Count(Layers, "layer")}, {Width} wide, {Count(Heads, "head")} of {Width / Heads}, feed-forward width {Hidden ?? 4 * Width}";

    /// <inheritdoc/>
    public override ModelConfig? Untied() => Tied ? this with { Tied = false } : null;

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Gpt(this, p);

    /// <summary>Two norms, two residuals, queries, keys, values, the attention's result and the hidden layer.</summary>
    public override KeptActivations? Kept => new(Layers, Width, 8L * Width + (Hidden ?? 4L * Width));

    /// <summary>Whether query, key and value have biases.</summary>
    internal virtual bool InputBias => true;

    /// <summary>Tokens that a token sees in a layer, including itself; null: all previous tokens.</summary>
    internal virtual int? WindowOf(int layer) => null;

    /// <inheritdoc/>
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
