using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Tests.Models.Layers;

public class RopeScalingTests
{
    static void Close(double[] want, double[] got)
    {
        Assert.Equal(want.Length, got.Length);
        Assert.All(want.Zip(got), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-12 * Math.Abs(pair.First), $"{pair.Second:R}, expected {pair.First:R}"));
    }

    [Fact] // base 10000, width 4: θ = 1, 0.01
    public void Linear_divides() => Close([0.25, 0.0025], new LinearRope(4).Frequencies(4, 10000, 10));

    [Fact] // width 4: base · (2 · 200 / 100 − 1)^2 = 9 · base, so the second is 0.01 / 3
    public void Dynamic_grows_beyond_the_trained_length()
    {
        var rope = new DynamicRope(2, 100);
        Close([1, 0.01], rope.Frequencies(4, 10000, 100));
        Close([1, 0.01 / 3], rope.Frequencies(4, 10000, 200));
        Assert.Equal((0, 0, 1, 200), (rope.Regime(1), rope.Regime(100), rope.Regime(101), rope.Context(100)));
    }

    [Fact] // trained 100: wave lengths 2π, 2π·10, 2π·100 are 15.9, 1.59 and 0.159 to the context; low 1, high 4
    public void Llama3_keeps_short_waves_and_stretches_long_ones()
    {
        var between = (100 / (2 * Math.PI * 10) - 1) / 3;
        Close([1, 0.1 * (between + (1 - between) / 8), 0.01 / 8], new Llama3Rope(8, 1, 4, 100).Frequencies(6, 1000, 1));
    }

    [Fact]
    public void Yarn_ramps_between_rotations()
    {
        // width 8, base 10000, trained 64: dimension of r rotations = 8 ln(64 / 2πr) / (2 ln 10000); of 2: 0.706 to 0, of 0.1: 2.007 to 3
        var rope = new YarnRope(4, 64) { FastRotations = 2, SlowRotations = 0.1 };
        double[] plain = [1, 0.1, 0.01, 0.001];
        Close([.. plain.Select((f, i) => f * (i / 3.0 / 4 + 1 - i / 3.0))], rope.Frequencies(8, 10000, 1));
        Assert.Equal(0.1 * Math.Log(4) + 1, rope.AttentionFactor, 1e-15);
        Assert.Equal((256, 300), (rope.Context(64), rope.Context(300)));
        Assert.Equal(1, new YarnRope(1, 64).AttentionFactor);
    }

    [Fact]
    public void Long_rope_has_a_list_on_either_side_of_the_trained_length()
    {
        var rope = new LongRope([2, 4], [8, 16], 4, 100);
        Close([0.5, 0.0025], rope.Frequencies(4, 10000, 100));
        Close([0.125, 0.01 / 16], rope.Frequencies(4, 10000, 101));
        Assert.Equal(Math.Sqrt(1 + Math.Log(4) / Math.Log(100)), rope.AttentionFactor, 1e-15);
        Assert.Equal(new LongRope([2, 4], [8, 16], 4, 100), rope);
        Assert.NotEqual(new LongRope([2, 4], [8, 17], 4, 100), rope);
    }

    [Theory]
    [InlineData(0.5, "factor is 0.5")]
    [InlineData(double.NaN, "factor is NaN")]
    public void What_is_no_factor_is_named(double factor, string message)
    {
        foreach (var rope in new RopeScaling[] { new LinearRope(factor), new DynamicRope(factor, 10), new Llama3Rope(factor, 1, 4, 10),
            new YarnRope(factor, 10) })
            Assert.Contains(message, Assert.Throws<ConfigException>(() => (TinyModels.LlamaConfig with { RopeScaling = rope }).Check()).Message,
                StringComparison.Ordinal);
    }

    [Fact] // lengths on both sides of the trained one
    public void Sequences_of_a_batch_are_turned_by_their_own_length()
    {
        var config = TinyModels.LlamaConfig with { Context = 10, RopeScaling = new DynamicRope(3, 10) };
        var model = TinyModels.Filled((ICausalModel)config.Create(new ParameterStore(TinyModels.Reference).Root), train: false);
        int[][] sequences = [TinyModels.Ids(25), TinyModels.Ids(4, site: 1), TinyModels.Ids(17, site: 2)];
        var together = TinyModels.Logits(model, sequences);
        Assert.Equal(together, sequences.SelectMany(s => TinyModels.Logits(model, s)));
    }
}
