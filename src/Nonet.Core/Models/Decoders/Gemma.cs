using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>
/// Gemma 2 and 3: RMS norms with gain 1 + w before and after both sublayers, embeddings scaled by √Width, GEGLU, a sliding window in most
/// layers, tied output. Gemma Team 2024 and 2025, section 2.
/// </summary>
public sealed class Gemma : ICausalModel
{
    const double Deviation = 0.02;
    const float GainOffset = 1;

    readonly Embedding tokens;
    readonly Block[] blocks;
    readonly StackBlock[] passes; // made once: a delegate for each pass would be garbage
    readonly RmsNorm norm;
    readonly Linear? output;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Gemma(GemmaConfig config, ParameterPath p)
    {
        config.Check();
        Config = config;
        Parameters = p.Store;
        var wide = new RotaryPositions(p.Store.Device, Context, config.HeadWidth, config.RopeBase, config.RopeLayout, config.RopeScaling);
        var local = config.LocalRopeBase is { } localBase ? new RotaryPositions(p.Store.Device, Context, config.HeadWidth, localBase, config.RopeLayout, null)
            : wide;
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, Deviation) { Projects = config.Tied && config.PredictsTokens };
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new Block(config, config.Windowed[i] ? local : wide, p / "blocks" / i, i))];
        passes = Array.ConvertAll(blocks, block => (StackBlock)block.Forward);
        norm = new RmsNorm(p / "norm", config.Width, config.Epsilon, GainOffset);
        output = config.Tied || !config.PredictsTokens ? null
            : new Linear(p / "output", config.Width, config.Vocab, bias: false, Deviation, ParameterRole.Head);
    }

    /// <summary>Configuration that the model was created from.</summary>
    public GemmaConfig Config { get; }

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
    public int HeadWidth => Config.HeadWidth;

    /// <inheritdoc/>
    public int AttentionWidth => Config.Heads * Config.HeadWidth;

    /// <inheritdoc/>
    public bool Checkpointing { get; set; }

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        batch.CheckFor(this, cache);
        var x = Ops.Scale(tokens.Forward(batch), (float)Math.Sqrt(Config.Width));
        foreach (var pass in passes)
            x = Depth.Run(pass, x, batch, cache, Checkpointing);
        return norm.Forward(x);
    }

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden)
    {
        var logits = output is null ? tokens.Project(hidden) : output.Forward(hidden);
        return Config.OutputSoftCap is { } cap ? Ops.Scale(Ops.Tanh(Ops.Scale(logits, 1 / cap)), cap) : logits;
    }

    /// <summary>x += after1(attention(before1(x))); x += after2(feed_forward(before2(x))).</summary>
    sealed class Block
    {
        readonly RmsNorm before1, after1, before2, after2;
        readonly CausalAttention attention;
        readonly GatedFeedForward feedForward;

        public Block(GemmaConfig config, RotaryPositions rotary, ParameterPath p, int layer)
        {
            var outputDeviation = Deviation / Math.Sqrt(2 * config.Layers);
            before1 = new RmsNorm(p / "attention_norm", config.Width, config.Epsilon, GainOffset);
            attention = new CausalAttention(new AttentionShape
            {
                Width = config.Width,
                Heads = config.Heads,
                KvHeads = config.KvHeads,
                HeadWidth = config.HeadWidth,
                InputBias = config.AttentionBias,
                OutputBias = config.AttentionBias,
                HeadNormEpsilon = config.HeadNorms ? config.Epsilon : null,
                HeadNormOffset = GainOffset,
                Window = config.Windowed[layer] ? config.Window : null,
                Scale = (float)(1 / Math.Sqrt(config.QueryScalar)),
                SoftCap = config.AttentionSoftCap,
                Rotary = rotary,
                Deviation = Deviation,
                OutputDeviation = outputDeviation,
            }, p / "attention", layer);
            after1 = new RmsNorm(p / "attention_after_norm", config.Width, config.Epsilon, GainOffset);
            before2 = new RmsNorm(p / "feed_forward_norm", config.Width, config.Epsilon, GainOffset);
            feedForward = new GatedFeedForward(p / "feed_forward", config.Width, config.Hidden, config.Activation, Deviation, outputDeviation);
            after2 = new RmsNorm(p / "feed_forward_after_norm", config.Width, config.Epsilon, GainOffset);
        }

        public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = Ops.Add(x, after1.Forward(attention.Forward(before1.Forward(x), null, batch, cache)));
            return Ops.Add(x, after2.Forward(feedForward.Forward(before2.Forward(x))));
        }
    }
}
