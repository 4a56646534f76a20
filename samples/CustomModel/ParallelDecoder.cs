using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Layers;
using Nonet.Tensors;

/// <summary>
/// A custom decoder. Attention and feed-forward are parallel, as in PaLM (Chowdhery et al. 2022, section 2): x + attention(norm x) + feed_forward(norm x).
/// It is built from the library's layers, so it trains and samples with a KV cache like any other model.
/// </summary>
sealed class ParallelDecoder : ICausalModel
{
    const double Deviation = 0.02;

    readonly Embedding tokens;
    readonly Block[] blocks;
    readonly RmsNorm norm;

    public ParallelDecoder(ParameterPath p, int vocab, int context, int layers, int width, int heads)
    {
        (Parameters, Vocab, Context, Layers, KvHeads, HeadWidth) = (p.Store, vocab, context, layers, heads, width / heads);
        tokens = new Embedding(p / "tokens", vocab, width, Deviation) { Projects = true };
        var rotary = new RotaryPositions(p.Store.Device, context, HeadWidth, 10_000, RopeLayout.HalfSplit, scaling: null);
        blocks = [.. Enumerable.Range(0, layers).Select(i => new Block(p / "blocks" / i, i, width, heads, rotary))];
        norm = new RmsNorm(p / "norm", width, 1e-5f);
    }

    public ParameterStore Parameters { get; }
    public int Vocab { get; }
    public int Context { get; }
    public int Layers { get; }
    public int KvHeads { get; }
    public int HeadWidth { get; }
    public int AttentionWidth => KvHeads * HeadWidth;
    public bool Checkpointing { get; set; }

    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        batch.CheckFor(this, cache);
        var x = tokens.Forward(batch.Ids);
        foreach (var block in blocks)
            x = block.Forward(x, batch, cache);
        return norm.Forward(x);
    }

    public Tensor Output(Tensor hidden) => tokens.Project(hidden);

    sealed class Block
    {
        readonly RmsNorm norm;
        readonly CausalAttention attention;
        readonly GatedFeedForward feedForward;

        public Block(ParameterPath p, int layer, int width, int heads, RotaryPositions rotary)
        {
            norm = new RmsNorm(p / "norm", width, 1e-5f);
            attention = new CausalAttention(
                new AttentionShape
                {
                    Width = width,
                    Heads = heads,
                    KvHeads = heads,
                    HeadWidth = width / heads,
                    Rotary = rotary,
                    Deviation = Deviation,
                    OutputDeviation = Deviation
                },
                p / "attention", layer);
            feedForward = new GatedFeedForward(p / "feed_forward", width, 2 * width, Activation.Silu, Deviation, Deviation);
        }

        public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            var y = norm.Forward(x);
            return feedForward.Forward(y, attention.Forward(y, x, batch, cache));
        }
    }
}
