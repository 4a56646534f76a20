using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>
/// LLaMA: RMS norm, rotary positions, SwiGLU, no biases. Touvron et al. 2023, section 2.2; grouped key-value heads as in Llama 2 and 3. The
/// initial weights are not published; here they are N(0, 0.02), and those of residual projections are scaled by 1/√(2·Layers) as in GPT-2.
/// </summary>
public sealed class Llama : ICausalModel
{
    internal const double Deviation = 0.02;

    readonly LlamaStack stack;
    readonly List<Block> blocks = [];

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Llama(LlamaConfig config, ParameterPath p)
    {
        Config = config;
        Parameters = p.Store;
        stack = new LlamaStack(this, config, p, (rotary, path, layer) =>
        {
            blocks.Add(new Block(config, rotary, path, layer));
            return blocks[layer].Forward;
        });
    }

    /// <summary>Configuration that the model was created from.</summary>
    public LlamaConfig Config { get; }

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

    /// <summary>The blocks, for adapters and inspection.</summary>
    public IReadOnlyList<Block> Blocks => blocks;

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, KvCache? cache = null) => stack.Forward(stack.Embed(batch, cache), batch, cache);

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => stack.Output(hidden);

    /// <summary>x += attention(attention_norm(x)); x += feed_forward(feed_forward_norm(x)).</summary>
    public sealed class Block
    {
        readonly RmsNorm attentionNorm, feedForwardNorm;

        internal Block(LlamaConfig config, RotaryPositions rotary, ParameterPath p, int layer)
        {
            attentionNorm = new RmsNorm(p / "attention_norm", config.Width, config.Epsilon);
            Attention = new CausalAttention(config.AttentionOf(layer) with { Rotary = rotary }, p / "attention", layer);
            feedForwardNorm = new RmsNorm(p / "feed_forward_norm", config.Width, config.Epsilon);
            FeedForward = new GatedFeedForward(p / "feed_forward", config.Width, config.Hidden, Activation.Silu, Deviation,
                Deviation / Math.Sqrt(2 * config.Layers), config.FeedForwardBias);
        }

        /// <summary>Attention sublayer.</summary>
        public CausalAttention Attention { get; }

        /// <summary>Feed-forward sublayer.</summary>
        public GatedFeedForward FeedForward { get; }

        internal Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = Attention.Forward(attentionNorm.Forward(x), x, batch, cache);
            return FeedForward.Forward(feedForwardNorm.Forward(x), x);
        }
    }
}
