using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a Granite 3 model: LLaMA with four multipliers. Granite team 2024, section 3.</summary>
public sealed record GraniteConfig : LlamaConfig
{
    /// <summary>Factor of the embeddings.</summary>
    public float EmbeddingMultiplier { get; init; } = 1;

    /// <summary>Factor of q · k, in place of 1 / √HeadWidth.</summary>
    public float AttentionMultiplier { get; init; } = 1;

    /// <summary>Factor of a sublayer's result before it is added to the residual.</summary>
    public float ResidualMultiplier { get; init; } = 1;

    /// <summary>Divisor of the logits.</summary>
    public float LogitsDivisor { get; init; } = 1;

    /// <inheritdoc/>
    public override string Family => "granite";

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Granite(this, p);
    internal override AttentionShape AttentionOf(int layer) => base.AttentionOf(layer) with { Scale = AttentionMultiplier };

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        var rules = new ConfigRules(nameof(GraniteConfig));
        rules.Positive(nameof(EmbeddingMultiplier), EmbeddingMultiplier);
        rules.Positive(nameof(AttentionMultiplier), AttentionMultiplier);
        rules.Positive(nameof(ResidualMultiplier), ResidualMultiplier);
        rules.Positive(nameof(LogitsDivisor), LogitsDivisor);
    }
}

/// <summary>
/// Granite 3: LLaMA with scaled embeddings, attention scores, residual branches and logits, so that one learning rate suits many widths.
/// Granite team 2024, section 3.
/// </summary>
public sealed class Granite : ICausalModel
{
    readonly LlamaStack stack;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Granite(GraniteConfig config, ParameterPath p)
    {
        Config = config;
        Parameters = p.Store;
        stack = new LlamaStack(this, config, p, (rotary, path, layer) => new Block(config, rotary, path, layer).Forward);
    }

    /// <summary>Configuration that the model was created from.</summary>
    public GraniteConfig Config { get; }

    /// <inheritdoc/>
    public ParameterStore Parameters { get; }

    /// <inheritdoc/>
    public int Vocab => Config.Vocab;

    /// <inheritdoc/>
    public int Context => Config.MaxLength;

    /// <inheritdoc/>
    public int Layers => Config.Layers;

    /// <inheritdoc/>
    public int KvHeads => Config.KvHeads;

    /// <inheritdoc/>
    public int HeadWidth => Config.HeadSize;

    /// <inheritdoc/>
    public int AttentionWidth => Config.Heads * Config.HeadSize;

    /// <inheritdoc/>
    public bool Checkpointing { get; set; }

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, KvCache? cache = null) => stack.Forward(Ops.Scale(stack.Embed(batch, cache), Config.EmbeddingMultiplier), batch, cache);

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => Ops.Scale(stack.Output(hidden), 1 / Config.LogitsDivisor);

    /// <summary>x += r attention(attention_norm(x)); x += r feed_forward(feed_forward_norm(x)).</summary>
    sealed class Block
    {
        readonly float multiplier;
        readonly RmsNorm attentionNorm, feedForwardNorm;
        readonly CausalAttention attention;
        readonly GatedFeedForward feedForward;

        public Block(GraniteConfig config, RotaryPositions rotary, ParameterPath p, int layer)
        {
            multiplier = config.ResidualMultiplier;
            attentionNorm = new RmsNorm(p / "attention_norm", config.Width, config.Epsilon);
            attention = new CausalAttention(config.AttentionOf(layer) with { Rotary = rotary }, p / "attention", layer);
            feedForwardNorm = new RmsNorm(p / "feed_forward_norm", config.Width, config.Epsilon);
            feedForward = new GatedFeedForward(p / "feed_forward", config.Width, config.Hidden, Activation.Silu, Llama.Deviation,
                Llama.Deviation / Math.Sqrt(2 * config.Layers),
                config.FeedForwardBias);
        }

        public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = Ops.Add(x, Ops.Scale(attention.Forward(attentionNorm.Forward(x), null, batch, cache), multiplier));
            return Ops.Add(x, Ops.Scale(feedForward.Forward(feedForwardNorm.Forward(x)), multiplier));
        }
    }
}
