using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>
/// GPT-2: pre-norm blocks, learned positions, tanh-GELU, tied output. Radford et al. 2019; section 2.3 scales the initial weights of
/// residual projections by 1/√(2·Layers). GPT-3 is this model with banded attention in every other layer: <see cref="Gpt3Config"/>.
/// </summary>
public sealed class Gpt : ICausalModel
{
    const double Deviation = 0.02, PositionDeviation = 0.01;

    readonly Embedding tokens, positions;
    readonly DropoutSite embedded;
    readonly Block[] blocks;
    readonly StackBlock[] passes; // made once: a delegate for each pass would be garbage
    readonly LayerNorm norm;
    readonly Linear? output;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Gpt(GptConfig config, ParameterPath p)
    {
        config.Check();
        Config = config;
        Parameters = p.Store;
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, Deviation) { Projects = config.Tied && config.PredictsTokens };
        positions = new Embedding(p / "positions", config.Context, config.Width, PositionDeviation, ParameterRole.Position);
        embedded = new DropoutSite(p / "embedded", config.Dropout);
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new Block(config, p / "blocks" / i, i))];
        passes = Array.ConvertAll(blocks, block => (StackBlock)block.Forward);
        norm = new LayerNorm(p / "norm", config.Width, config.Epsilon);
        output = config.Tied || !config.PredictsTokens ? null
            : new Linear(p / "output", config.Width, config.Vocab, bias: false, Deviation, ParameterRole.Head);
    }

    /// <summary>Configuration that the model was created from.</summary>
    public GptConfig Config { get; }

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

    /// <summary>The blocks, for adapters and inspection.</summary>
    public IReadOnlyList<Block> Blocks => blocks;

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        batch.CheckFor(this, cache);
        var x = embedded.Forward(Ops.Add(tokens.Forward(batch), positions.Forward(batch.Positions)), batch);
        foreach (var pass in passes)
            x = Depth.Run(pass, x, batch, cache, Checkpointing);
        return norm.Forward(x);
    }

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => output is null ? tokens.Project(hidden) : output.Forward(hidden);

    /// <summary>x += attention(norm1(x)); x += feed_forward(norm2(x)).</summary>
    public sealed class Block
    {
        readonly LayerNorm norm1, norm2;

        internal Block(GptConfig config, ParameterPath p, int layer)
        {
            norm1 = new LayerNorm(p / "norm1", config.Width, config.Epsilon);
            Attention = new Attention(config, p / "attention", layer);
            norm2 = new LayerNorm(p / "norm2", config.Width, config.Epsilon);
            FeedForward = new FeedForward(config, p / "feed_forward");
        }

        /// <summary>Attention sublayer.</summary>
        public Attention Attention { get; }

        /// <summary>Feed-forward sublayer.</summary>
        public FeedForward FeedForward { get; }

        internal Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = Attention.Forward(norm1.Forward(x), x, batch, cache);
            return FeedForward.Forward(norm2.Forward(x), x, batch);
        }
    }

    /// <summary>Causal multi-head attention.</summary>
    public sealed class Attention
    {
        readonly int layer;
        readonly AttentionOptions options;
        readonly DropoutSite weights, branch;

        internal Attention(GptConfig config, ParameterPath p, int layer)
        {
            var width = config.Width;
            this.layer = layer;
            options = new AttentionOptions
            {
                Heads = config.Heads,
                KvHeads = config.Heads,
                Window = config.WindowOf(layer),
                Scale = config.ScaleByLayer ? (float)(1 / (Math.Sqrt(width / config.Heads) * (layer + 1))) : null,
            };
            Query = new Linear(p / "query", width, width, config.InputBias, Deviation);
            Key = new Linear(p / "key", width, width, config.InputBias, Deviation);
            Value = new Linear(p / "value", width, width, config.InputBias, Deviation);
            Output = new Linear(p / "output", width, width, bias: true, Deviation / Math.Sqrt(2 * config.Layers));
            weights = new DropoutSite(p / "weights", config.Dropout);
            branch = new DropoutSite(p, config.Dropout);
        }

        /// <summary>Projection of the hidden states to queries.</summary>
        public Linear Query { get; }

        /// <summary>Projection of the hidden states to keys.</summary>
        public Linear Key { get; }

        /// <summary>Projection of the hidden states to values.</summary>
        public Linear Value { get; }

        /// <summary>Projection of the concatenated heads back to the width of the model.</summary>
        public Linear Output { get; }

        internal Tensor Forward(Tensor x, Tensor residual, Batch batch, KvCache? cache)
        {
            var (q, k, v) = Linear.Three(x, Query, Key, Value);
            var y = batch.Attend(q, k, v, weights.Apply(options, batch), cache, layer);
            return branch.Branch(Output, y, residual, batch);
        }
    }

    /// <summary>W₂ f(W₁ x + b₁) + b₂.</summary>
    public sealed class FeedForward
    {
        readonly Activation activation;
        readonly DropoutSite branch;

        internal FeedForward(GptConfig config, ParameterPath p)
        {
            var hidden = config.Hidden ?? 4 * config.Width;
            activation = config.Activation;
            Up = new Linear(p / "up", config.Width, hidden, bias: true, Deviation);
            Down = new Linear(p / "down", hidden, config.Width, bias: true, Deviation / Math.Sqrt(2 * config.Layers));
            branch = new DropoutSite(p, config.Dropout);
        }

        /// <summary>Projection to the feed-forward width.</summary>
        public Linear Up { get; }

        /// <summary>Projection back to the model's width.</summary>
        public Linear Down { get; }

        internal Tensor Forward(Tensor x, Tensor residual, Batch batch) => branch.Branch(Down, Up.Forward(x), residual, batch, activation);
    }
}
