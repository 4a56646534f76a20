using Nonet.Inference.Attention;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

public class AttentionRecorderTests
{
    static readonly int[] Source = TinyModels.Ids(7), Target = TinyModels.Ids(5, site: 1);

    static T Build<T>(ModelConfig config, Device? device = null) where T : ILanguageModel =>
        TinyModels.Filled((T)config.Create(new ParameterStore(device ?? TinyModels.Cpu).Root), train: false);

    static readonly TransformerConfig Transformer =
        new()
        {
            Vocab = 23,
            Context = 40,
            EncoderLayers = 2,
            DecoderLayers = 3,
            Width = 20,
            EncoderHeads = 2,
            DecoderHeads = 4,
            EncoderHidden = 33,
            DecoderHidden = 29
        };
    static readonly T5Config T5 =
        new() { Vocab = 23, EncoderLayers = 2, DecoderLayers = 2, Width = 20, Heads = 2, HeadWidth = 6, Hidden = 33, Buckets = 8, MaxDistance = 20 };
    static readonly BertConfig Bert = new() { Vocab = 23, Context = 40, Layers = 2, Width = 20, Heads = 2, Hidden = 33 };

    static AttentionMaps[] Maps(string name) => name switch
    {
        "transformer" => AttentionMaps.Of(Build<IEncoderDecoder>(Transformer), Source, Target),
        "t5" => AttentionMaps.Of(Build<IEncoderDecoder>(T5), Source, Target),
        _ => AttentionMaps.Of(Build<IMaskedModel>(Bert), Source),
    };

    [Theory, InlineData("transformer"), InlineData("t5"), InlineData("bert")]
    public void Weights_of_every_query_sum_to_one_and_none_looks_ahead_in_a_decoder(string name)
    {
        foreach (var maps in Maps(name))
        {
            Assert.NotEmpty(maps.Layers);
            foreach (var map in maps.Layers)
            {
                Assert.Equal((maps.Queries.Count, maps.Keys.Count), (map.Queries, map.Keys));
                for (var h = 0; h < map.Heads; h++)
                {
                    for (var i = 0; i < map.Queries; i++)
                    {
                        Assert.Equal(1, Enumerable.Range(0, map.Keys).Sum(j => map[h, i, j]), 1e-12);
                        Assert.All(Enumerable.Range(0, map.Keys), j => Assert.Equal(maps.Name != "decoder" || j <= i, map[h, i, j] > 0));
                    }
                }
            }
        }
    }

    [Theory] // the kernel's outputs for values that are one key's unit vector are its weights
    [InlineData(true, false), InlineData(false, false), InlineData(true, true), InlineData(false, true)]
    public void They_are_the_kernels_weights(bool causal, bool biased)
    {
        using var scope = new TensorScope();
        var device = TinyModels.Cpu;
        Tensor Random(int rows, int columns, uint site) =>
            device.From(new Shape(rows, columns),
            Enumerable.Range(0, rows * columns).Select(i => (float)Philox.Normal(new RandomKey(2, 0, site), (ulong)i)).ToArray());
        var (q, k) = (Random(8, 24, 0), Random(8, 24, 1)); // three heads of 8 over 8 keys
        var unit = device.Zeros(new Shape(8, 24));
        for (var j = 0; j < 8; j++)
        {
            for (var h = 0; h < 3; h++)
                unit.SetValue(j * 24 + h * 8 + j, 1);
        }
        var options = new AttentionOptions
        {
            Heads = 3,
            KvHeads = 3,
            Causal = causal,
            RelativeBias = biased ? Random(3, 7, 2) : null,
            Scale = biased ? 1 : null
        };
        var starts = device.From([0, 8]);
        var y = Ops.Attention(q, k, unit, new AttentionLayout { QueryStarts = starts, KeyStarts = starts }, options);
        var recorder = new AttentionRecorder();
        recorder.AddSelf(q, k, options);
        var map = Assert.Single(recorder.Self);
        for (var i = 0; i < 8; i++)
        {
            for (var h = 0; h < 3; h++)
                Assert.All(Enumerable.Range(0, 8), j => Assert.Equal(y.Value(i * 24 + h * 8 + j), map[h, i, j], 1e-5));
        }
        Assert.Equal((map[0, 5, 3] + map[1, 5, 3] + map[2, 5, 3]) / 3, map.Mean()[0, 5, 3], 1e-12);
        Assert.Equal(map[2, 5, 3], map.Head(2)[0, 5, 3]);
    }

    [Fact]
    public void A_model_has_a_map_for_each_of_its_layers_and_heads()
    {
        var maps = Maps("transformer");
        Assert.Equal([("encoder", 2, 2), ("decoder", 3, 4), ("cross", 3, 4)], maps.Select(m => (m.Name, m.Layers.Count, m.Layers[0].Heads)));
        Assert.Equal([0, .. Target[..^1]], maps[1].Queries); // the start token and what is written before the last
        Assert.Equal(Target, maps[2].Queries);
        Assert.Equal(Source, maps[2].Keys);
        Assert.Equal([2], Maps("bert").Select(m => m.Layers.Count));
    }

    [Fact]
    public void A_recorder_changes_nothing_and_refuses_several_sequences()
    {
        using var scope = new TensorScope();
        var model = Build<IMaskedModel>(Bert);
        var batch = Batch.Of(TinyModels.Cpu, Source);
        Assert.Equal(model.Forward(batch).ToDoubles(), model.Forward(batch.With(new AttentionRecorder())).ToDoubles());
        Assert.Contains("2 sequences", Assert.Throws<ArgumentException>(() => Batch.Of(TinyModels.Cpu, Source, Target).With(new AttentionRecorder())).Message,
            StringComparison.Ordinal);
    }
}
