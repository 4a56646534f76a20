using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;

namespace Nonet.Tests.Models.Decoders;

public class LlamaTests
{
    static Llama Build(LlamaConfig config, Device device) => TinyModels.Filled(new Llama(config, new ParameterStore(device).Root));

    static Parameter At(Llama model, string path) => model.Parameters.Parameters.Single(p => p.Path == path);

    [Fact] // rows of each head from [pair, 2] to [2, pair], as the converters of Meta's checkpoints do
    public void Half_split_with_permuted_weights_is_interleaved()
    {
        var config = TinyModels.LlamaConfig with { RopeLayout = RopeLayout.Interleaved };
        var interleaved = Build(config, TinyModels.Cpu);
        var halfSplit = Build(config with { RopeLayout = RopeLayout.HalfSplit }, TinyModels.Cpu);
        var ids = TinyModels.Ids(40);
        var want = TinyModels.Logits(interleaved, ids);
        Assert.NotEqual(want, TinyModels.Logits(halfSplit, ids));
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var name in new[] { "query", "key" })
                Permute(At(halfSplit, $"blocks/{layer}/attention/{name}/weight").Value, config.HeadWidth!.Value);
        }
        TinyModels.Close(want, TinyModels.Logits(halfSplit, ids), 1e-6, "logits");
    }

    static void Permute(Tensor w, int headWidth)
    {
        var old = w.ToDoubles();
        int width = w.Shape.Last, half = headWidth / 2;
        for (var row = 0; row < w.Shape[0]; row++)
        {
            var (head, i) = (row / headWidth, row % headWidth);
            var from = head * headWidth + (i < half ? 2 * i : 2 * (i - half) + 1);
            for (var c = 0; c < width; c++)
                w.SetValue((long)row * width + c, old[from * width + c]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_shared_key_and_value_head_is_the_same_head_repeated(int kvHeads)
    {
        var config = TinyModels.LlamaConfig with { KvHeads = kvHeads };
        var grouped = Build(config, TinyModels.Cpu);
        var full = Build(config with { KvHeads = config.Heads }, TinyModels.Cpu);
        var (head, repeat) = (config.HeadWidth!.Value * config.Width, config.Heads / kvHeads);
        foreach (var p in full.Parameters.Parameters.Where(p =>
            p.Path.EndsWith("key/weight", StringComparison.Ordinal) || p.Path.EndsWith("value/weight", StringComparison.Ordinal)))
        {
            var source = At(grouped, p.Path).Value;
            for (var i = 0; i < p.Elements; i++)
                p.Value.SetValue(i, source.Value(i / head / repeat * head + i % head));
        }
        var ids = TinyModels.Ids(40);
        TinyModels.Close(TinyModels.Logits(full, ids), TinyModels.Logits(grouped, ids), 1e-6, "logits");
    }

    [Theory] // released checkpoints
    [InlineData(4096, 11008)]
    [InlineData(5120, 13824)]
    [InlineData(6656, 17920)]
    [InlineData(8192, 22016)]
    public void Hidden_widths_are_the_released_ones(int width, int hidden) => Assert.Equal(hidden, LlamaConfig.HiddenFor(width));

    [Fact]
    public void Logits_depend_on_places_through_their_differences_only()
    {
        var model = Build(TinyModels.LlamaConfig, TinyModels.Cpu);
        var ids = TinyModels.Ids(30);
        var want = TinyModels.Logits(model, ids);
        using var scope = new TensorScope();
        var batch = Batch.Of(TinyModels.Cpu, ids);
        var later = TinyModels.Cpu.From([.. Enumerable.Range(100, 30)]);
        var got = model.Output(model.Forward(new Batch(batch.Ids, later, batch.Starts))).ToDoubles();
        TinyModels.Close(want, got, 1e-5, "logits 100 places later");
    }
}
