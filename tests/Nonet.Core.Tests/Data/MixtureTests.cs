using Nonet.Data;

namespace Nonet.Tests.Data;

public class MixtureTests
{
    [Theory]
    [InlineData(new[] { 1.0, 1 }), InlineData(new[] { 0.7, 0.2, 0.1 }), InlineData(new[] { 1000.0, 1, 3 }), InlineData(new[] { 5.0 })]
    public void Shares_are_exact_and_each_source_goes_through_its_items_once(double[] weights)
    {
        const int Blocks = 20;
        var mixture = new Mixture(weights, seed: 3);
        var items = Enumerable.Range(0, Blocks * Mixture.Block).Select(i => mixture.At(i)).ToArray();
        for (var s = 0; s < weights.Length; s++)
        {
            var own = items.Where(i => i.Source == s).Select(i => i.Item).ToArray();
            Assert.Equal(Enumerable.Range(0, own.Length).Select(i => (long)i), own.Order()); // none twice, none left out
            Assert.InRange(own.Length - weights[s] / weights.Sum() * items.Length, -weights.Length, weights.Length);
        }
        var half = items[..(Mixture.Block / 2)].Count(i => i.Source == 0) / (Mixture.Block / 2.0);
        Assert.InRange(half, weights[0] / weights.Sum() - 0.1, weights[0] / weights.Sum() + 0.1); // mixed, not one after the other
    }

    [Fact]
    public void An_item_is_the_same_wherever_one_starts()
    {
        var (one, other) = (new Mixture([2, 1], seed: 3), new Mixture([2, 1], seed: 3));
        foreach (var i in new long[] { 5000, 3, 1024, 1023, 1_000_000_007, 3 })
            Assert.Equal(one.At(i), other.At(i));
        Assert.NotEqual(Enumerable.Range(0, 50).Select(i => one.At(i)), Enumerable.Range(0, 50).Select(i => new Mixture([2, 1], seed: 4).At(i)));
    }
}
