using Nonet.Inference;
using Nonet.Inference.Beams;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference.Beams;

/// <summary>Beam search with the encoder-decoders, their weights random.</summary>
public class ModelBeamTests
{
    const int End = 1;

    static readonly int[][] Sources = [TinyModels.Ids(9), TinyModels.Ids(4, site: 1), TinyModels.Ids(12, site: 2), TinyModels.Ids(1, site: 3)];

    static IEncoderDecoder Build(string name, Device device) => TinyModels.Filled((IEncoderDecoder)(name switch
    {
        "marian" => (ModelConfig)new TransformerConfig
        {
            Vocab = 23,
            Context = 40,
            EncoderLayers = 2,
            DecoderLayers = 2,
            Width = 20,
            EncoderHeads = 2,
            DecoderHeads = 4,
            EncoderHidden = 33,
            DecoderHidden = 29,
            Activation = Activation.Silu
        },
        _ => new T5Config
        {
            Vocab = 23,
            EncoderLayers = 2,
            DecoderLayers = 2,
            Width = 20,
            Heads = 2,
            HeadWidth = 6,
            Hidden = 33,
            Buckets = 8,
            MaxDistance = 20
        },
    }).Create(new ParameterStore(device).Root), train: false);

    static BeamOptions Options(int beam, double alpha = 0.6) => new() { Beam = beam, Alpha = alpha, MaxExtra = 10, EndToken = End };

    static string Told(Hypothesis h) => $"{string.Join(' ', h.Tokens)} {h.LogProbability:R} {h.Score:R} {h.Ended}";

    [Theory]
    [InlineData("marian"), InlineData("t5")]
    public void A_beam_of_one_is_greedy(string name)
    {
        var model = Build(name, TinyModels.Cpu);
        var compared = 0;
        foreach (var source in Sources.Concat(Enumerable.Range(10, 8).Select(s => TinyModels.Ids(6, site: (uint)s))))
        {
            var output = Assert.Single(new BeamSearch(model, Options(1)).Run(source, TestContext.Current.CancellationToken));
            var greedy = Written.Ids(model, source,
                new GenerationOptions { Sampler = SamplerOptions.Greedy, StopTokens = [End], MaxTokens = source.Length + 10 });
            int[] want = [.. greedy.TakeWhile(id => id != End)];
            if (want.Contains(model.StartToken))
                continue; // which the search never writes
            Assert.Equal(want, output.Tokens);
            compared++;
        }
        Assert.InRange(compared, 3, 12);
    }

    [Theory]
    [InlineData("marian", 4), InlineData("t5", 4), InlineData("marian", 1), InlineData("t5", 7)]
    public void Sources_together_have_the_outputs_and_bits_of_each_alone(string name, int beam)
    {
        var search = new BeamSearch(Build(name, TinyModels.Cpu), Options(beam));
        var together = search.Run(Sources, TestContext.Current.CancellationToken);
        for (var i = 0; i < Sources.Length; i++)
            Assert.Equal(search.Run(Sources[i], TestContext.Current.CancellationToken).Select(Told), together[i].Select(Told));
        Assert.Equal(together.SelectMany(o => o).Select(Told), search.Run(Sources, TestContext.Current.CancellationToken).SelectMany(o => o).Select(Told));
    }

    [Theory]
    [InlineData("marian"), InlineData("t5")]
    public void A_log_probability_is_that_of_the_whole_output_computed_without_a_cache(string name)
    {
        var model = Build(name, TinyModels.Cpu);
        foreach (var (source, outputs) in Sources.Zip(new BeamSearch(model, Options(5)).Run(Sources, TestContext.Current.CancellationToken)))
        {
            Assert.Equal(5, outputs.Count);
            foreach (var output in outputs)
            {
                using var scope = new TensorScope();
                var device = model.Parameters.Device;
                int[] written = output.Ended ? [.. output.Tokens, End] : output.Tokens;
                var logs = Ops.LogSoftmax(
                    model.Output(model.Decode(Batch.Of(device, [model.StartToken, .. written[..^1]]), model.Encode(Batch.Of(device, source)))));
                Assert.Equal(written.Select((id, t) => logs.Value(t * 23 + id)).Sum(), output.LogProbability, 1e-4);
            }
        }
    }

    [Theory]
    [InlineData("marian"), InlineData("t5")]
    public void Targets_of_one_source_share_it_with_the_bits_of_each_alone(string name)
    {
        var model = Build(name, TinyModels.Cpu);
        var device = model.Parameters.Device;
        int[][] targets = [TinyModels.Ids(5, site: 4), TinyModels.Ids(2, site: 5), TinyModels.Ids(7, site: 6), TinyModels.Ids(3, site: 7)];
        int[] counts = [1, 0, 3, 0];
        using var scope = new TensorScope();
        var memory = model.Encode(Batch.Of(device, Sources));
        var together = model.Decode(Batch.Of(device, targets), memory.For(counts)).ToDoubles();
        double[] alone = [.. targets.SelectMany((t, i) =>
            model.Decode(Batch.Of(device, t), model.Encode(Batch.Of(device, Sources[i == 0 ? 0 : 2]))).ToDoubles())];
        Assert.Equal(alone, together);
        Assert.Contains("4 targets for encoded sources that serve 3 targets",
            Assert.Throws<ShapeException>(() => model.Decode(Batch.Of(device, targets), memory.For([1, 0, 2, 0]))).Message, StringComparison.Ordinal);
        Assert.Contains("2 counts of targets for 4 sources", Assert.Throws<ShapeException>(() => memory.For([1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("-1 targets for source 1", Assert.Throws<ShapeException>(() => memory.For([1, -1, 1, 1])).Message, StringComparison.Ordinal);
    }
}
