using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.EncoderDecoders;

/// <summary>
/// The Transformer: encoder and decoder of attention and feed-forward sublayers, each followed by a norm, with sinusoidal positions.
/// Vaswani et al. 2017, section 3. The first half of the features holds sines and the second half cosines, as in the released code. The
/// paper interleaves them; the order makes no difference to training.
/// </summary>
public sealed class Transformer : IEncoderDecoder
{
    readonly Embedding tokens;
    readonly Embedding? sources;
    readonly Linear? output;
    readonly Parameter? outputBias;
    readonly Stack encoder, decoder;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Transformer(TransformerConfig config, ParameterPath p)
    {
        config.Check();
        Config = config;
        Parameters = p.Store;
        var deviation = 1 / Math.Sqrt(config.Width);
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, deviation) { Projects = config.Tied };
        sources = config.SharedTable ? null : new Embedding(p / "sources", config.SourceVocab ?? config.Vocab, config.Width, deviation);
        encoder = new Stack(config, p / "encoder", isDecoder: false);
        decoder = new Stack(config, p / "decoder", isDecoder: true);
        output = config.Tied ? null : new Linear(p / "output", config.Width, config.Vocab, bias: true, deviation, ParameterRole.Head);
        outputBias = config.Tied ? (p / "output" / "bias").Add(new Shape(config.Vocab), Initialization.Zeros, ParameterRole.HeadBias) : null;
    }

    /// <summary>Configuration that the model was created from.</summary>
    public TransformerConfig Config { get; }

    /// <inheritdoc/>
    public ParameterStore Parameters { get; }

    /// <inheritdoc/>
    public int Vocab => Config.Vocab;

    /// <inheritdoc/>
    public int SourceVocab => Config.SourceVocab ?? Config.Vocab;

    /// <inheritdoc/>
    public int Context => Config.Context;

    /// <inheritdoc/>
    public int Layers => Config.DecoderLayers;

    /// <inheritdoc/>
    public int KvHeads => Config.DecoderHeads;

    /// <inheritdoc/>
    public int HeadWidth => Config.Width / Config.DecoderHeads;

    /// <inheritdoc/>
    public int StartToken => Config.StartToken;

    /// <inheritdoc/>
    public bool Checkpointing { get; set; }

    /// <inheritdoc/>
    public EncodedSource Encode(Batch source)
    {
        source.CheckFor(this, cache: null);
        return new EncodedSource(encoder.Forward((sources ?? tokens).Forward(source), source, null, null, Checkpointing), source.Starts);
    }

    /// <inheritdoc/>
    public Tensor Decode(Batch target, EncodedSource memory, KvCache? cache = null)
    {
        target.CheckFor(this, cache);
        target.CheckFor(memory);
        return decoder.Forward(tokens.Forward(target), target, memory, cache, Checkpointing);
    }

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => output is null ? tokens.Project(hidden, outputBias) : output.Forward(hidden);

    /// <summary>
    /// PE(position, i) = sin(position / 10000^(2i / Width)) for i below Width / 2; the cosines follow. Vaswani et al. 2017, section 3.5.
    /// </summary>
    internal static double Sinusoid(long element, int width)
    {
        var (position, feature) = Math.DivRem(element, width);
        var half = width / 2;
        var angle = position / Math.Pow(10000, 2.0 * (feature % half) / width);
        return feature < half ? Math.Sin(angle) : Math.Cos(angle);
    }

    sealed class Stack
    {
        readonly float scale;
        readonly Parameter? positions;
        readonly LayerNorm? last;
        readonly Block[] blocks;
        readonly DropoutSite embedded;

        public Stack(TransformerConfig config, ParameterPath p, bool isDecoder)
        {
            scale = config.ScaledEmbedding ? (float)Math.Sqrt(config.Width) : 1;
            positions = config.Positions == PositionKind.None ? null
                : (p / "positions" / "weight").Add(new Shape(config.Context, config.Width), config.Positions == PositionKind.Learned
                    ? Initialization.Normal(1 / Math.Sqrt(config.Width)) : Initialization.Computed(i => Sinusoid(i, config.Width)), ParameterRole.Position);
            if (config.Positions == PositionKind.Sinusoidal)
                positions!.Frozen = true;
            blocks = [.. Enumerable.Range(0, isDecoder ? config.DecoderLayers : config.EncoderLayers)
                .Select(i => new Block(config, p / "blocks" / i, i, isDecoder))];
            last = config.Norm == NormPlacement.Pre ? new LayerNorm(p / "norm", config.Width, config.Epsilon) : null;
            embedded = new DropoutSite(p / "embedded", config.Dropout);
        }

        public Tensor Forward(Tensor x, Batch batch, EncodedSource? memory, KvCache? cache, bool checkpointing)
        {
            x = scale == 1 ? x : Ops.Scale(x, scale);
            if (positions is not null)
                x = Ops.Add(x, Ops.Embedding(positions.Value, batch.Positions));
            x = embedded.Forward(x, batch);
            foreach (var block in blocks)
            {
                x = memory is null
                    ? Depth.Run(h => block.Forward(h[0], batch, null, cache), [x], checkpointing)
                    : Depth.Run(h => block.Forward(h[0], batch, memory.Over(h[1]), cache), [x, memory.Hidden], checkpointing);
            }
            return last?.Forward(x) ?? x;
        }
    }

    /// <summary>
    /// x = norm1(x + attention(x)); in the decoder x = norm2(x + cross(x)); x = norm3(x + feed_forward(x)). With pre-norm each norm comes
    /// before its sublayer.
    /// </summary>
    sealed class Block
    {
        readonly int layer;
        readonly SublayerNorm norm1, norm3;
        readonly SublayerNorm? norm2;
        readonly MultiHeadAttention attention;
        readonly MultiHeadAttention? cross;
        readonly Linear up, down;
        readonly Activation activation;
        readonly DropoutSite branch;

        public Block(TransformerConfig config, ParameterPath p, int layer, bool isDecoder)
        {
            this.layer = layer;
            var (heads, hidden) = isDecoder ? (config.DecoderHeads, config.DecoderHidden) : (config.EncoderHeads, config.EncoderHidden);
            var deviation = Xavier(config.Width, config.Width);
            var shape = new MultiHeadShape
            {
                Width = config.Width,
                Heads = heads,
                HeadWidth = config.Width / heads,
                KeyWidth = config.KeyWidth,
                Dropout = config.AttentionDropout,
                OutputDropout = config.Dropout,
                Deviations = (deviation, deviation, deviation),
            };
            attention = new MultiHeadAttention(shape with { Causal = isDecoder && config.Causal }, p / "attention");
            norm1 = new SublayerNorm(p / "norm1", config.Width, config.Epsilon, config.Norm);
            cross = isDecoder ? new MultiHeadAttention(shape, p / "cross") : null;
            norm2 = isDecoder ? new SublayerNorm(p / "norm2", config.Width, config.Epsilon, config.Norm) : null;
            up = new Linear(p / "feed_forward" / "up", config.Width, hidden, bias: true, Xavier(config.Width, hidden));
            down = new Linear(p / "feed_forward" / "down", hidden, config.Width, bias: true, Xavier(hidden, config.Width));
            norm3 = new SublayerNorm(p / "norm3", config.Width, config.Epsilon, config.Norm);
            activation = config.Activation;
            branch = new DropoutSite(p / "feed_forward", config.Dropout);
        }

        public Tensor Forward(Tensor x, Batch batch, EncodedSource? memory, KvCache? cache)
        {
            x = norm1.After(attention.Self(norm1.Before(x), x, batch, cache, layer));
            if (cross is not null)
                x = norm2!.After(cross.Cross(norm2.Before(x), x, batch, memory!, layer));
            return norm3.After(branch.Branch(down, up.Forward(norm3.Before(x)), x, batch, activation));
        }

        /// <summary>Deviation of Xavier initialisation with a normal distribution. Glorot and Bengio 2010, eq. 16.</summary>
        static double Xavier(int inputs, int outputs) => Math.Sqrt(2.0 / (inputs + outputs));
    }
}
