using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of an OLMo 2 model: OLMo team 2024, section 2.</summary>
public sealed record Olmo2Config : LlamaConfig
{
    /// <inheritdoc/>
    public override string Family => "olmo2";

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Olmo2(this, p);
    internal override AttentionShape AttentionOf(int layer) => base.AttentionOf(layer) with { HeadNormEpsilon = Epsilon, NormsAllHeads = true };
}

/// <summary>
/// OLMo 2: LLaMA with the norms after the sublayers, before the residual is added, and with an RMS norm over all queries and over all keys
/// of a token. OLMo team 2024, section 2.1.
/// </summary>
public sealed class Olmo2 : ICausalModel
{
    readonly LlamaStack stack;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Olmo2(Olmo2Config config, ParameterPath p)
    {
        Config = config;
        Parameters = p.Store;
        stack = new LlamaStack(this, config, p, (rotary, path, layer) => new Block(config, rotary, path, layer).Forward);
    }

    /// <summary>Configuration that the model was created from.</summary>
    public Olmo2Config Config { get; }

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
    public Tensor Forward(Batch batch, KvCache? cache = null) => stack.Forward(stack.Embed(batch, cache), batch, cache);

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => stack.Output(hidden);

    /// <summary>x += attention_after_norm(attention(x)); x += feed_forward_after_norm(feed_forward(x)).</summary>
    sealed class Block
    {
        readonly RmsNorm attentionNorm, feedForwardNorm;
        readonly CausalAttention attention;
        readonly GatedFeedForward feedForward;

        public Block(Olmo2Config config, RotaryPositions rotary, ParameterPath p, int layer)
        {
            attention = new CausalAttention(config.AttentionOf(layer) with { Rotary = rotary }, p / "attention", layer);
            attentionNorm = new RmsNorm(p / "attention_after_norm", config.Width, config.Epsilon);
            feedForward = new GatedFeedForward(p / "feed_forward", config.Width, config.Hidden, Activation.Silu, Llama.Deviation,
                Llama.Deviation / Math.Sqrt(2 * config.Layers));
            feedForwardNorm = new RmsNorm(p / "feed_forward_after_norm", config.Width, config.Epsilon);
        }

        public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = Ops.Add(x, attentionNorm.Forward(attention.Forward(x, null, batch, cache)));
            return Ops.Add(x, feedForwardNorm.Forward(feedForward.Forward(x)));
        }
    }
}
