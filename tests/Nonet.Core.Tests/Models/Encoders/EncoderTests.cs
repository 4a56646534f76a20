using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Tests.Models.Encoders;

/// <summary>What holds for encoders and encoder-decoders.</summary>
public class EncoderTests
{
    static readonly (string Name, ModelConfig Config)[] models =
    [
        ("bert", new BertConfig { Vocab = 23, Context = 40, Layers = 2, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.PreTraining, Dropout = 0,
            AttentionDropout = 0 }),
        ("roberta", new RobertaConfig { Vocab = 23, Context = 40, Layers = 2, Width = 20, Heads = 2, Hidden = 33, Padding = 2, Dropout = 0,
            AttentionDropout = 0 }),
        ("t5", new T5Config { Vocab = 23, EncoderLayers = 2, DecoderLayers = 2, Width = 20, Heads = 2, HeadWidth = 6, Hidden = 33, Buckets = 8,
            MaxDistance = 20, Dropout = 0 }),
        ("t5 tied", new T5Config { Vocab = 23, EncoderLayers = 1, DecoderLayers = 2, Width = 20, Heads = 2, HeadWidth = 6, Hidden = 33, Gated = false,
            Tied = true, ScaledOutput = true, Activation = Activation.Gelu, Dropout = 0 }),
        ("transformer", new TransformerConfig
        {
            Vocab = 23, Context = 40, EncoderLayers = 2, DecoderLayers = 2, Width = 20, EncoderHeads = 2, DecoderHeads = 4, EncoderHidden = 33,
            DecoderHidden = 29, Activation = Activation.Silu, Dropout = 0,
        }),
        ("transformer of two tables", new TransformerConfig
        {
            Vocab = 23, SourceVocab = 31, SharedTable = false, Tied = false, Context = 40, EncoderLayers = 1, DecoderLayers = 2, Width = 20, EncoderHeads = 2,
            DecoderHeads = 2, EncoderHidden = 33,
            DecoderHidden = 33, Activation = Activation.Gelu, Dropout = 0,
        }),
        ("transformer pre-norm", Small with { Norm = NormPlacement.Pre }),
        ("transformer pre-norm of learned places and narrow keys", Small with { Norm = NormPlacement.Pre, Positions = PositionKind.Learned, KeyWidth = 3 }),
        ("transformer of narrow keys without places", Small with { Positions = PositionKind.None, KeyWidth = 4 }),
    ];

    static TransformerConfig Small => new()
    {
        Vocab = 23,
        Context = 40,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Width = 20,
        EncoderHeads = 2,
        DecoderHeads = 2,
        EncoderHidden = 33,
        DecoderHidden = 29,
        Dropout = 0,
    };

    public static TheoryData<string> Names => [.. models.Select(m => m.Name)];
    public static TheoryData<string> Pairs => [.. models.Where(m => m.Config is T5Config or TransformerConfig).Select(m => m.Name)];

    static readonly int[][] Sources = [TinyModels.Ids(9), TinyModels.Ids(4, site: 1)], Targets = [TinyModels.Ids(6, site: 2), TinyModels.Ids(3, site: 3)];

    internal static ModelConfig ConfigOf(string name) => models.Single(m => m.Name == name).Config;

    static ILanguageModel Build(string name, Device device, bool train = true) =>
        TinyModels.Filled(ConfigOf(name).Create(new ParameterStore(device).Root), train);

    /// <summary>Logits of all heads, (., Vocab or 2).</summary>
    static Tensor Logits(ILanguageModel model, int[][] sources, int[][] targets)
    {
        var device = model.Parameters.Device;
        var batch = Batch.Of(device, sources);
        if (model is IEncoderDecoder both)
            return both.Output(both.Decode(Batch.Of(device, targets), both.Encode(batch)));
        var masked = (Bert)model;
        var hidden = masked.Forward(batch, masked.Config.Segments == 2 ? device.From([.. Enumerable.Range(0, batch.Tokens).Select(i => i % 2)]) : null);
        var logits = masked.Output(hidden);
        if (masked.NextSentence is null)
            return logits;
        var next = masked.NextSentence.Forward(masked.Pool(hidden, batch));
        return Ops.Concat(0, Ops.Reshape(logits, new Shape((int)logits.Elements)), Ops.Reshape(next, new Shape((int)next.Elements)));
    }

    [Theory, MemberData(nameof(Names))]
    public void Cpu_computes_the_definition(string name)
    {
        using var scope = new TensorScope();
        TinyModels.Close(Logits(Build(name, TinyModels.Reference), Sources, Targets).ToDoubles(),
            Logits(Build(name, TinyModels.Cpu), Sources, Targets).ToDoubles(), 2e-5, "logits");
    }

    [Theory, MemberData(nameof(Names))]
    public void Gradients_are_finite_differences_and_checkpointing_keeps_them(string name)
    {
        const double H = 1e-4;
        var model = Build(name, TinyModels.Reference);
        Backward(model);
        var gradients = model.Parameters.Trainable.ToDictionary(p => p.Path, p => p.Value.Gradient!.ToDoubles());
        foreach (var p in model.Parameters.Trainable)
        {
            var g = gradients[p.Path];
            var scale = g.Max(Math.Abs) + 1e-3; // softmax does not see a key's bias
            var used = Enumerable.Range(0, g.Length).Where(i => g[i] != 0).ToArray();
            Assert.NotEmpty(used);
            for (var sample = 0; sample < 2; sample++)
            {
                var e = used[Philox.Below(new RandomKey(1, 0, 0).At(p.Path), (ulong)sample, used.Length)];
                var at = p.Value.Value(e);
                var slope = (8 * (At(H) - At(-H)) - (At(2 * H) - At(-2 * H))) / (12 * H);
                p.Value.SetValue(e, at);
                Assert.True(Math.Abs(slope - g[e]) <= 1e-5 * scale, $"{p.Path}, element {e}: finite difference {slope:G9}, backward {g[e]:G9}");

                double At(double delta)
                {
                    p.Value.SetValue(e, at + delta);
                    using var scope = new TensorScope();
                    return Loss(model).Item();
                }
            }
        }
        model.Checkpointing = true;
        model.Parameters.ClearGradients();
        Backward(model);
        foreach (var p in model.Parameters.Trainable)
            TinyModels.Close(gradients[p.Path], p.Value.Gradient!.ToDoubles(), 1e-12, p.Path, floor: 1e-3);
    }

    /// <summary>The mean square of all logits weighed by place: sees every one of them.</summary>
    static Tensor Loss(ILanguageModel model)
    {
        var logits = Logits(model, Sources, Targets);
        var weights = logits.Device.From(logits.Shape, Enumerable.Range(0, (int)logits.Elements).Select(i => 0.001f * (i % 7 + 1)).ToArray());
        return Ops.Sum(Ops.Mul(Ops.Mul(logits, logits), weights));
    }

    static void Backward(ILanguageModel model)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        tape.Backward(Loss(model));
    }

    [Theory, MemberData(nameof(Names))]
    public void Sequences_of_a_batch_do_not_see_each_other(string name)
    {
        var model = Build(name, TinyModels.Cpu, train: false);
        if (model is Bert { NextSentence: not null })
            return; // its logits of two kinds are laid end to end
        using var scope = new TensorScope();
        var together = Logits(model, Sources, Targets).ToDoubles();
        var first = Logits(model, [Sources[0]], [Targets[0]]).ToDoubles();
        Assert.Equal(first, together[..first.Length]);
        Assert.Equal(Logits(model, [Sources[1]], [Targets[1]]).ToDoubles(), together[first.Length..]);
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Cached_decoding_gives_the_logits_of_the_whole_target(string name)
    {
        var model = (IEncoderDecoder)Build(name, TinyModels.Cpu, train: false);
        using var scope = new TensorScope();
        var whole = Logits(model, [Sources[0]], [Targets[0]]).ToDoubles();
        using var memory = model.Encode(Batch.Of(model.Parameters.Device, Sources[0]));
        using var cache = new KvCache(model);
        var sequence = cache.Begin();
        for (var t = 0; t < Targets[0].Length; t++)
        {
            var step = model.Output(model.Decode(cache.Append(sequence, [Targets[0][t]]), memory, cache)).ToDoubles();
            TinyModels.Close(whole[(t * model.Vocab)..((t + 1) * model.Vocab)], step, 1e-5, $"step {t}");
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public void A_changed_target_token_changes_no_bit_before_it_and_a_changed_source_token_all(string name)
    {
        var model = (IEncoderDecoder)Build(name, TinyModels.Cpu, train: false);
        using var scope = new TensorScope();
        var before = Logits(model, [Sources[0]], [Targets[0]]).ToDoubles();
        int[] target = [.. Targets[0]];
        target[4] = (target[4] + 1) % 23;
        var after = Logits(model, [Sources[0]], [target]).ToDoubles();
        Assert.Equal(before[..(4 * 23)], after[..(4 * 23)]);
        Assert.NotEqual(before[(4 * 23)..], after[(4 * 23)..]);
        int[] source = [.. Sources[0]];
        source[^1] = (source[^1] + 1) % 23;
        var other = Logits(model, [source], [Targets[0]]).ToDoubles();
        Assert.All(Enumerable.Range(0, 6), t => Assert.NotEqual(before[(t * 23)..((t + 1) * 23)], other[(t * 23)..((t + 1) * 23)]));
    }

    [Fact]
    public void Without_the_mask_a_changed_target_token_changes_those_before_it()
    {
        var model = TinyModels.Filled((IEncoderDecoder)(Small with { Causal = false }).Create(new ParameterStore(TinyModels.Cpu).Root), train: false);
        using var scope = new TensorScope();
        var before = Logits(model, [Sources[0]], [Targets[0]]).ToDoubles();
        int[] target = [.. Targets[0]];
        target[^1] = (target[^1] + 1) % 23;
        var after = Logits(model, [Sources[0]], [target]).ToDoubles();
        Assert.All(Enumerable.Range(0, 6), t => Assert.NotEqual(before[(t * 23)..((t + 1) * 23)], after[(t * 23)..((t + 1) * 23)]));
    }

    [Theory] // by hand: 32 buckets to 128, both ways: 16 a side, 8 of them exact; the next distances by logarithm
    [InlineData(0, true, 0)]
    [InlineData(-1, true, 1)]
    [InlineData(1, true, 17)]
    [InlineData(-7, true, 7)]
    [InlineData(-8, true, 8)]
    [InlineData(-11, true, 8)]
    [InlineData(-12, true, 9)]
    [InlineData(-128, true, 15)]
    [InlineData(-100000, true, 15)]
    [InlineData(128, true, 31)]
    [InlineData(5, false, 0)]
    [InlineData(-15, false, 15)]
    [InlineData(-16, false, 16)]
    [InlineData(-127, false, 31)]
    [InlineData(-10000, false, 31)]
    public void Buckets_of_relative_distances(int distance, bool bothWays, int bucket) => Assert.Equal(bucket, T5.Bucket(distance, bothWays, 32, 128));

    [Fact] // sin and cos of position / 10000^(2i/4)
    public void Sinusoids_stand_in_halves()
    {
        double[] row = [.. Enumerable.Range(0, 4).Select(i => Transformer.Sinusoid(3 * 4 + i, 4))];
        Assert.Equal([Math.Sin(3), Math.Sin(0.03), Math.Cos(3), Math.Cos(0.03)], row, new Near(1e-15));
    }

    sealed class Near(double tolerance) : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) <= tolerance;
        public int GetHashCode(double x) => 0;
    }

    [Fact]
    public void One_target_a_source()
    {
        var model = (IEncoderDecoder)Build("t5", TinyModels.Cpu, train: false);
        using var scope = new TensorScope();
        var memory = model.Encode(Batch.Of(TinyModels.Cpu, Sources));
        Assert.Contains("1 targets for 2 sources", Assert.Throws<ShapeException>(() => model.Decode(Batch.Of(TinyModels.Cpu, Targets[0]), memory)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_that_the_checkpoint_lacks_is_named()
    {
        var model = new Bert(new BertConfig { Vocab = 5, Context = 4, Layers = 1, Width = 4, Heads = 1, Hidden = 4, Head = ModelHead.Pooler },
            new ParameterStore(TinyModels.Cpu).Root);
        TinyModels.Filled(model);
        using var scope = new TensorScope();
        var hidden = model.Forward(Batch.Of(TinyModels.Cpu, [1, 2]));
        Assert.Contains("BertForMaskedLM", Assert.Throws<NotSupportedException>(() => model.Output(hidden)).Message, StringComparison.Ordinal);
        Assert.Equal(new Shape(1, 4), model.Pool(hidden, Batch.Of(TinyModels.Cpu, [1, 2])).Shape);
    }
}
