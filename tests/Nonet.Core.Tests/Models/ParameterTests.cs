using Nonet.Models.Decoders;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

public class ParameterTests
{
    [Fact]
    public void Gpt2_small_has_124_439_808_parameters() =>
        Assert.Equal(124_439_808, new Gpt(new GptConfig { Vocab = 50257 }, new ParameterStore(TinyModels.Cpu).Root).Parameters.Count);

    [Fact]
    public void Llama_7B_has_6_738_415_616_parameters() =>
        Assert.Equal(6_738_415_616, new Llama(new LlamaConfig { Vocab = 32000 }, new ParameterStore(TinyModels.Cpu).Root).Parameters.Count);

    [Fact] // 8 B: grouped KV heads, 14,336 wide, untied
    public void Llama_3_8B_has_8_030_261_248_parameters()
    {
        var config = new LlamaConfig { Vocab = 128256, Context = 8192, KvHeads = 8, Hidden = LlamaConfig.HiddenFor(4096, 1024, 1.3) };
        Assert.Equal(8_030_261_248, new Llama(config, new ParameterStore(TinyModels.Cpu).Root).Parameters.Count);
    }

    [Fact]
    public void A_tied_llama_has_no_output_parameter()
    {
        var store = new ParameterStore(TinyModels.Cpu);
        _ = new Llama(TinyModels.LlamaConfig with { Tied = true }, store.Root);
        Assert.DoesNotContain(store.Parameters, p => p.Path.StartsWith("output", StringComparison.Ordinal));
    }

    [Fact]
    public void Paths_and_shapes_are_the_agreed_ones()
    {
        var gpt = new ParameterStore(TinyModels.Cpu);
        _ = new Gpt(TinyModels.GptConfig with { Layers = 1 }, gpt.Root);
        Assert.Equal(
        [
            "blocks/0/attention/key/bias (20)", "blocks/0/attention/key/weight (20, 20)",
            "blocks/0/attention/output/bias (20)", "blocks/0/attention/output/weight (20, 20)",
            "blocks/0/attention/query/bias (20)", "blocks/0/attention/query/weight (20, 20)",
            "blocks/0/attention/value/bias (20)", "blocks/0/attention/value/weight (20, 20)",
            "blocks/0/feed_forward/down/bias (20)", "blocks/0/feed_forward/down/weight (20, 80)",
            "blocks/0/feed_forward/up/bias (80)", "blocks/0/feed_forward/up/weight (80, 20)",
            "blocks/0/norm1/bias (20)", "blocks/0/norm1/weight (20)", "blocks/0/norm2/bias (20)", "blocks/0/norm2/weight (20)",
            "norm/bias (20)", "norm/weight (20)", "positions/weight (160, 20)", "tokens/weight (23, 20)",
        ], gpt.Parameters.Select(p => p.ToString()));

        var llama = new ParameterStore(TinyModels.Cpu);
        _ = new Llama(TinyModels.LlamaConfig with { Layers = 1 }, llama.Root);
        Assert.Equal(
        [
            "blocks/0/attention/key/weight (12, 20)", "blocks/0/attention/output/weight (20, 24)",
            "blocks/0/attention/query/weight (24, 20)", "blocks/0/attention/value/weight (12, 20)",
            "blocks/0/attention_norm/weight (20)",
            "blocks/0/feed_forward/down/weight (20, 37)", "blocks/0/feed_forward/gate/weight (37, 20)", "blocks/0/feed_forward/up/weight (37, 20)",
            "blocks/0/feed_forward_norm/weight (20)", "norm/weight (20)", "output/weight (23, 20)", "tokens/weight (23, 20)",
        ], llama.Parameters.Select(p => p.ToString()));
    }

    [Theory]
    [InlineData("tokens/weight", 0.02)]
    [InlineData("positions/weight", 0.01)]
    [InlineData("blocks/1/attention/query/weight", 0.02)]
    [InlineData("blocks/1/feed_forward/up/weight", 0.02)]
    [InlineData("blocks/1/attention/output/weight", 0.01)] // 0.02 / sqrt(2 x 2 layers)
    [InlineData("blocks/1/feed_forward/down/weight", 0.01)]
    [InlineData("blocks/1/feed_forward/up/bias", 0)]
    public void Gpt_starts_as_published(string path, double deviation)
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        _ = new Gpt(new GptConfig { Vocab = 400, Context = 100, Layers = 2, Width = 96, Heads = 4 }, store.Root);
        store.FillForTraining(3);
        CheckNormal(store, path, deviation);
        Assert.All(store.Parameters.Where(p => p.Path.EndsWith("norm1/weight", StringComparison.Ordinal)), p =>
            Assert.All(p.Value.ToDoubles(), w => Assert.Equal(1, w)));
    }

    [Theory]
    [InlineData("tokens/weight", 0.02)]
    [InlineData("output/weight", 0.02)]
    [InlineData("blocks/1/attention/key/weight", 0.02)]
    [InlineData("blocks/1/feed_forward/gate/weight", 0.02)]
    [InlineData("blocks/1/attention/output/weight", 0.01)]
    [InlineData("blocks/1/feed_forward/down/weight", 0.01)]
    public void Llama_starts_as_usual(string path, double deviation)
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        _ = new Llama(new LlamaConfig { Vocab = 400, Context = 100, Layers = 2, Width = 96, Heads = 4, KvHeads = 4, Hidden = 256 }, store.Root);
        store.FillForTraining(3);
        CheckNormal(store, path, deviation);
    }

    static void CheckNormal(ParameterStore store, string path, double deviation)
    {
        var values = store.Parameters.Single(p => p.Path == path).Value.ToDoubles();
        if (deviation == 0)
        {
            Assert.All(values, v => Assert.Equal(0, v));
            return;
        }
        var mean = values.Average();
        var spread = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        var error = 4 / Math.Sqrt(values.Length); // four standard errors
        Assert.InRange(mean / deviation, -error, error);
        Assert.InRange(spread / deviation, 1 - error, 1 + error);
    }
}
