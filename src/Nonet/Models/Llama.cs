using Nonet.Inference;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>
/// LLaMA: RMS norm, rotary positions, SwiGLU, no biases. Touvron et al. 2023, section 2.2; grouped KV heads as in Llama 2 and 3. The start is
/// unpublished: N(0, 0.02), residual projections scaled by 1/√(2·Layers) as in GPT-2.
/// </summary>
public sealed class Llama : ICausalModel
{
    const double Deviation = 0.02;

    readonly Embedding tokens;
    readonly Block[] blocks;
    readonly RmsNorm norm;
    readonly Linear? output;

    public Llama(LlamaConfig config, ParameterPath p)
    {
        config.Check();
        Config = config;
        Parameters = p.Store;
        var rotary = new RotaryTable(p.Store.Device, config.Context, HeadWidth, config.RopeBase, (RotaryLayout)config.RopeLayout);
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, Deviation);
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new Block(config, rotary, p / "blocks" / i, i))];
        norm = new RmsNorm(p / "norm", config.Width, config.Epsilon);
        output = config.Tied ? null : new Linear(p / "output", config.Width, config.Vocab, bias: false, Deviation);
    }

    public LlamaConfig Config { get; }
    public ParameterStore Parameters { get; }
    public int Vocab => Config.Vocab;
    public int Context => Config.Context;
    public int Layers => Config.Layers;
    public int KvHeads => Config.KvHeads;
    public int HeadWidth => Config.HeadWidth ?? Config.Width / Config.Heads;
    public bool Checkpointing { get; set; }

    /// <summary>The blocks' layers, for adapters and inspection.</summary>
    public IReadOnlyList<Block> Blocks => blocks;

    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        batch.CheckFor(this, cache);
        var x = tokens.Forward(batch.Ids);
        foreach (var block in blocks)
            x = Depth.Run(block.Forward, x, batch, cache, Checkpointing);
        return norm.Forward(x);
    }

    public Tensor Output(Tensor hidden) => output is null ? tokens.Project(hidden) : output.Forward(hidden);

    /// <summary>x += attention(attention_norm(x)); x += feed_forward(feed_forward_norm(x)).</summary>
    public sealed class Block
    {
        readonly RmsNorm attentionNorm, feedForwardNorm;

        internal Block(LlamaConfig config, RotaryTable rotary, ParameterPath p, int layer)
        {
            attentionNorm = new RmsNorm(p / "attention_norm", config.Width, config.Epsilon);
            Attention = new Attention(config, rotary, p / "attention", layer);
            feedForwardNorm = new RmsNorm(p / "feed_forward_norm", config.Width, config.Epsilon);
            FeedForward = new FeedForward(config, p / "feed_forward");
        }

        public Attention Attention { get; }
        public FeedForward FeedForward { get; }

        internal Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = Attention.Forward(attentionNorm.Forward(x), x, batch, cache);
            return FeedForward.Forward(feedForwardNorm.Forward(x), x);
        }
    }

    /// <summary>Causal attention with rotary queries and keys; several query heads may share a key and value head.</summary>
    public sealed class Attention
    {
        readonly int layer, headWidth;
        readonly AttentionOptions options;
        readonly RotaryTable rotary;

        internal Attention(LlamaConfig config, RotaryTable rotary, ParameterPath p, int layer)
        {
            headWidth = config.HeadWidth ?? config.Width / config.Heads;
            this.layer = layer;
            this.rotary = rotary;
            options = new AttentionOptions { Heads = config.Heads, KvHeads = config.KvHeads };
            Query = new Linear(p / "query", config.Width, config.Heads * headWidth, bias: false, Deviation);
            Key = new Linear(p / "key", config.Width, config.KvHeads * headWidth, bias: false, Deviation);
            Value = new Linear(p / "value", config.Width, config.KvHeads * headWidth, bias: false, Deviation);
            Output = new Linear(p / "output", config.Heads * headWidth, config.Width, bias: false, Deviation / Math.Sqrt(2 * config.Layers));
        }

        public Linear Query { get; }
        public Linear Key { get; }
        public Linear Value { get; }
        public Linear Output { get; }

        internal Tensor Forward(Tensor x, Tensor residual, Batch batch, KvCache? cache)
        {
            var qkv = Linear.Many(x, Query, Key, Value);
            var q = Ops.Rotary(qkv[0], batch.Positions, rotary, headWidth);
            var k = Ops.Rotary(qkv[1], batch.Positions, rotary, headWidth);
            return Output.Forward(batch.Attend(q, k, qkv[2], options, cache, layer), residual);
        }
    }

    /// <summary>W_down (silu(W_gate x) ⊙ W_up x). Shazeer 2020, eq. 6.</summary>
    public sealed class FeedForward
    {
        internal FeedForward(LlamaConfig config, ParameterPath p)
        {
            Gate = new Linear(p / "gate", config.Width, config.Hidden, bias: false, Deviation);
            Up = new Linear(p / "up", config.Width, config.Hidden, bias: false, Deviation);
            Down = new Linear(p / "down", config.Hidden, config.Width, bias: false, Deviation / Math.Sqrt(2 * config.Layers));
        }

        public Linear Gate { get; }
        public Linear Up { get; }
        public Linear Down { get; }

        internal Tensor Forward(Tensor x, Tensor residual)
        {
            var gateUp = Linear.Many(x, Gate, Up);
            return Down.ForwardGated(gateUp[0], gateUp[1], residual);
        }
    }
}
