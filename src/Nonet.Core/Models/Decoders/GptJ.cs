using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a GPT-J model: Wang and Komatsuzaki 2021. The defaults are the 6 B model, which Toolformer uses.</summary>
public sealed record GptJConfig : ModelConfig
{
    /// <summary>Longest sequence, in tokens.</summary>
    public int Context { get; init; } = 2048;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 28;

    /// <summary>Features of a hidden state: d_model.</summary>
    public int Width { get; init; } = 4096;

    /// <summary>Attention heads, each of width Width / Heads.</summary>
    public int Heads { get; init; } = 16;

    /// <summary>Number of features of a head that are rotated. They are the first ones, in neighbouring pairs.</summary>
    public int RotaryWidth { get; init; } = 64;

    /// <summary>Width of the feed-forward layer; null is 4 · Width.</summary>
    public int? Hidden { get; init; }

    /// <summary>ε of layer norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>f of the feed-forward layer.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <summary>Whether the output projection shares its weights with the token table; its bias is its own.</summary>
    public bool Tied { get; init; }

    /// <inheritdoc/>
    public override string Family => "gptj";

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
    public override ILanguageModel Create(ParameterPath p) => new GptJ(this, p);

    /// <summary>One norm, two residuals, queries and keys before and after rotation, values, the attention's result and the hidden layer.</summary>
    public override KeptActivations? Kept => new(Layers, Width, 9L * Width + (Hidden ?? 4L * Width));

    /// <inheritdoc/>
    public override void Check()
    {
        var rules = new ConfigRules(nameof(GptJConfig));
        rules.AtLeastOne(nameof(Vocab), Vocab);
        rules.AtLeastOne(nameof(Context), Context);
        rules.Layers(nameof(Layers), Layers);
        rules.AtLeastOne(nameof(Width), Width);
        rules.AtLeastOne(nameof(Heads), Heads);
        rules.AtLeastOne(nameof(Hidden), Hidden);
        rules.AtLeastOne(nameof(RotaryWidth), RotaryWidth);
        rules.Divides(nameof(Width), Width, nameof(Heads), Heads);
        rules.Even(nameof(RotaryWidth), RotaryWidth);
        if (RotaryWidth > Width / Heads)
            throw rules.Wrong(nameof(RotaryWidth), RotaryWidth, $"at most a head's width, {Width / Heads}");
        rules.Positive(nameof(Epsilon), Epsilon);
    }
}

/// <summary>
/// GPT-J: attention and feed-forward read the same layer norm, and both results are added to the residual. Rotary positions act on the
/// first features of each head; the output projection has a bias. Wang and Komatsuzaki 2021, "GPT-J-6B".
/// </summary>
public sealed class GptJ : ICausalModel
{
    const double Deviation = 0.02;

    readonly Embedding tokens;
    readonly Block[] blocks;
    readonly StackBlock[] passes; // made once: a delegate for each pass would be garbage
    readonly LayerNorm norm;
    readonly Linear? output;
    readonly Parameter? outputBias;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public GptJ(GptJConfig config, ParameterPath p)
    {
        config.Check();
        Config = config;
        Parameters = p.Store;
        var rotary = new RotaryPositions(p.Store.Device, config.Context, config.RotaryWidth, 10000, RopeLayout.Interleaved, null);
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, Deviation) { Projects = config.Tied && config.PredictsTokens };
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new Block(config, rotary, p / "blocks" / i, i))];
        passes = Array.ConvertAll(blocks, block => (StackBlock)block.Forward);
        norm = new LayerNorm(p / "norm", config.Width, config.Epsilon);
        output = config.Tied || !config.PredictsTokens ? null : new Linear(p / "output", config.Width, config.Vocab, bias: true, Deviation, ParameterRole.Head);
        outputBias = config.Tied && config.PredictsTokens ? (p / "output" / "bias").Add(new Shape(config.Vocab), Initialization.Zeros, ParameterRole.HeadBias)
            : null;
    }

    /// <summary>Configuration that the model was created from.</summary>
    public GptJConfig Config { get; }

    /// <inheritdoc/>
    public ParameterStore Parameters { get; }

    /// <inheritdoc/>
    public int Vocab => Config.Vocab;

    /// <inheritdoc/>
    public int Context => Config.Context;

    /// <inheritdoc/>
    public int Layers => Config.Layers;

    /// <inheritdoc/>
    public int KvHeads => Config.Heads;

    /// <inheritdoc/>
    public int HeadWidth => Config.Width / Config.Heads;

    /// <inheritdoc/>
    public int AttentionWidth => Config.Width;

    /// <inheritdoc/>
    public bool Checkpointing { get; set; }

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        batch.CheckFor(this, cache);
        var x = tokens.Forward(batch);
        foreach (var pass in passes)
            x = Depth.Run(pass, x, batch, cache, Checkpointing);
        return norm.Forward(x);
    }

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => output?.Forward(hidden) ?? tokens.Project(hidden, outputBias);

    /// <summary>x + attention(norm(x)) + feed_forward(norm(x)).</summary>
    sealed class Block
    {
        readonly LayerNorm norm;
        readonly CausalAttention attention;
        readonly Linear up, down;
        readonly Activation activation;

        public Block(GptJConfig config, RotaryPositions rotary, ParameterPath p, int layer)
        {
            var (hidden, outputDeviation) = (config.Hidden ?? 4 * config.Width, Deviation / Math.Sqrt(2 * config.Layers));
            norm = new LayerNorm(p / "norm", config.Width, config.Epsilon);
            attention = new CausalAttention(new AttentionShape
            {
                Width = config.Width,
                Heads = config.Heads,
                KvHeads = config.Heads,
                HeadWidth = config.Width / config.Heads,
                Rotary = rotary,
                Deviation = Deviation,
                OutputDeviation = outputDeviation,
            }, p / "attention", layer);
            up = new Linear(p / "feed_forward" / "up", config.Width, hidden, bias: true, Deviation);
            down = new Linear(p / "feed_forward" / "down", hidden, config.Width, bias: true, outputDeviation);
            activation = config.Activation;
        }

        public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            var h = norm.Forward(x);
            return down.Forward(up.Forward(h), attention.Forward(h, x, batch, cache), activation);
        }
    }
}
