using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.EncoderDecoders;

/// <summary>
/// T5: an encoder-decoder with an RMS norm before each sublayer, no biases, unscaled scores, and learned biases by relative distance that
/// all layers of a stack share. Raffel et al. 2020, section 2.1. Gated feed-forward layers as in version 1.1 and Flan-T5: Shazeer 2020.
/// </summary>
public sealed class T5 : IEncoderDecoder
{
    readonly Embedding tokens;
    readonly Embedding? sources;
    readonly Stack encoder, decoder;
    readonly Linear? output;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public T5(T5Config config, ParameterPath p)
    {
        config.Check();
        Config = config;
        Parameters = p.Store;
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, 1) { Projects = config.Tied };
        sources = config.SharedTable ? null : new Embedding(p / "sources", config.Vocab, config.Width, 1);
        encoder = new Stack(config, p / "encoder", config.EncoderLayers, isDecoder: false);
        decoder = new Stack(config, p / "decoder", config.DecoderLayers, isDecoder: true);
        output = config.Tied ? null : new Linear(p / "output", config.Width, config.Vocab, bias: false, 1, ParameterRole.Head);
    }

    /// <summary>Configuration that the model was created from.</summary>
    public T5Config Config { get; }

    /// <inheritdoc/>
    public ParameterStore Parameters { get; }

    /// <inheritdoc/>
    public int Vocab => Config.Vocab;

    /// <inheritdoc/>
    public int Context => Config.MaxLength;

    /// <inheritdoc/>
    public int Layers => Config.DecoderLayers;

    /// <inheritdoc/>
    public int KvHeads => Config.Heads;

    /// <inheritdoc/>
    public int HeadWidth => Config.HeadWidth;

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
    public Tensor Output(Tensor hidden)
    {
        if (Config.ScaledOutput)
            hidden = Ops.Scale(hidden, (float)(1 / Math.Sqrt(Config.Width)));
        return output is null ? tokens.Project(hidden) : output.Forward(hidden);
    }

    /// <summary>
    /// Bucket of the distance j − i from query i to key j. Raffel et al. 2020, section 2.1; the logarithm is rounded as in the released
    /// code.
    /// </summary>
    internal static int Bucket(int distance, bool bidirectional, int buckets, int maxDistance)
    {
        var first = 0;
        if (bidirectional)
        {
            buckets /= 2;
            first = distance > 0 ? buckets : 0;
            distance = Math.Abs(distance);
        }
        else
            distance = Math.Max(0, -distance);
        var exact = buckets / 2;
        if (distance < exact)
            return first + distance;
        var beyond = MathF.Log((float)distance / exact) / (float)Math.Log((double)maxDistance / exact) * (buckets - exact);
        return first + Math.Min(buckets - 1, exact + (int)beyond);
    }

    sealed class Stack
    {
        readonly Block[] blocks;
        readonly Embedding distances;
        readonly RmsNorm norm;
        readonly DropoutSite embedded, final;
        readonly int[] buckets;

        public Stack(T5Config config, ParameterPath p, int layers, bool isDecoder)
        {
            blocks = [.. Enumerable.Range(0, layers).Select(i => new Block(config, p / "blocks" / i, i, isDecoder))];
            distances = new Embedding(p / "distances", config.Buckets, config.Heads, 1 / Math.Sqrt(config.Width), ParameterRole.Position);
            norm = new RmsNorm(p / "norm", config.Width, config.Epsilon);
            embedded = new DropoutSite(p / "embedded", config.Dropout);
            final = new DropoutSite(p, config.Dropout);
            buckets = [.. Enumerable.Range(-config.MaxDistance, 2 * config.MaxDistance + 1)
                .Select(d => Bucket(d, !isDecoder, config.Buckets, config.MaxDistance))];
        }

        public Tensor Forward(Tensor x, Batch batch, EncodedSource? memory, KvCache? cache, bool checkpointing)
        {
            var bias = Ops.Transpose(distances.Forward(batch.Ids.Device.From(buckets)), 0, 1); // (Heads, 2R − 1)
            x = embedded.Forward(x, batch);
            foreach (var block in blocks)
            {
                x = memory is null
                    ? Depth.Run(h => block.Forward(h[0], batch, null, cache, h[1]), [x, bias], checkpointing)
                    : Depth.Run(h => block.Forward(h[0], batch, memory.Over(h[2]), cache, h[1]), [x, bias, memory.Hidden], checkpointing);
            }
            return final.Forward(norm.Forward(x), batch);
        }
    }

    /// <summary>x += attention(norm1(x)); in the decoder x += cross(norm2(x)); x += feed_forward(norm3(x)).</summary>
    sealed class Block
    {
        readonly int layer;
        readonly RmsNorm norm1, norm3;
        readonly RmsNorm? norm2;
        readonly MultiHeadAttention attention;
        readonly MultiHeadAttention? cross;
        readonly Linear up, down;
        readonly Linear? gate;
        readonly Activation activation;
        readonly DropoutSite inner, branch;

        public Block(T5Config config, ParameterPath p, int layer, bool isDecoder)
        {
            this.layer = layer;
            var shape = new MultiHeadShape
            {
                Width = config.Width,
                Heads = config.Heads,
                HeadWidth = config.HeadWidth,
                Bias = false,
                Scale = 1,
                Dropout = config.Dropout,
                OutputDropout = config.Dropout,
                Deviations = (1 / Math.Sqrt((double)config.Width * config.HeadWidth), 1 / Math.Sqrt(config.Width),
                    1 / Math.Sqrt((double)config.Heads * config.HeadWidth)),
            };
            norm1 = new RmsNorm(p / "norm1", config.Width, config.Epsilon);
            attention = new MultiHeadAttention(shape with { Causal = isDecoder }, p / "attention");
            norm2 = isDecoder ? new RmsNorm(p / "norm2", config.Width, config.Epsilon) : null;
            cross = isDecoder ? new MultiHeadAttention(shape, p / "cross") : null;
            norm3 = new RmsNorm(p / "norm3", config.Width, config.Epsilon);
            var (into, outOf) = (1 / Math.Sqrt(config.Width), 1 / Math.Sqrt(config.Hidden));
            gate = config.Gated ? new Linear(p / "feed_forward" / "gate", config.Width, config.Hidden, bias: false, into) : null;
            up = new Linear(p / "feed_forward" / "up", config.Width, config.Hidden, bias: false, into);
            down = new Linear(p / "feed_forward" / "down", config.Hidden, config.Width, bias: false, outOf);
            activation = config.Activation;
            inner = new DropoutSite(p / "feed_forward" / "inner", config.Dropout);
            branch = new DropoutSite(p / "feed_forward", config.Dropout);
        }

        public Tensor Forward(Tensor x, Batch batch, EncodedSource? memory, KvCache? cache, Tensor bias)
        {
            x = attention.Self(norm1.Forward(x), x, batch, cache, layer, bias);
            if (cross is not null)
                x = cross.Cross(norm2!.Forward(x), x, batch, memory!, layer);
            return FeedForward(norm3.Forward(x), x, batch);
        }

        Tensor FeedForward(Tensor x, Tensor residual, Batch batch)
        {
            if (gate is null)
            {
                return inner.IsOn(batch)
                    ? branch.Branch(down, inner.Forward(Ops.Activate(up.Forward(x), activation), batch), residual, batch)
                    : down.Forward(up.Forward(x), residual, activation);
            }
            var (gated, wide) = Linear.Two(x, gate, up);
            return inner.IsOn(batch)
                ? branch.Branch(down, inner.Forward(Ops.Mul(Ops.Activate(gated, activation), wide), batch), residual, batch)
                : down.ForwardGated(gated, wide, residual, activation);
        }
    }
}
