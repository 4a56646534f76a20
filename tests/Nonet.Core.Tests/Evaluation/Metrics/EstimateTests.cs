using Nonet.Evaluation.Metrics;

namespace Nonet.Tests.Evaluation.Metrics;

public sealed class EstimateTests
{
    [Fact]
    public void The_error_of_independent_items_is_the_usual_one()
    {
        double[] values = [1, 0, 0, 1, 1];
        var e = Estimate.Of(values);
        Assert.Equal(0.6, e.Value, 12);
        Assert.Equal(Math.Sqrt(0.3 / 5), e.StandardError, 12); // sample variance 0.3
        Assert.InRange(e.Interval.Low, 0, 0.3);
        Assert.InRange(e.Interval.High, 0.8, 1);
    }

    [Fact]
    public void Items_that_say_the_same_count_as_one()
    {
        double[] values = [1, 1, 1, 1, 0, 0, 0, 0];
        string[] passages = ["a", "a", "a", "a", "b", "b", "b", "b"];
        Assert.Equal(0.5, Estimate.Of(values, passages).StandardError, 12); // sqrt(2 · 2² · 2) / 8
        Assert.Equal(Math.Sqrt(2.0 / 7 / 8), Estimate.Of(values).StandardError, 12);
        Assert.Equal((0, 1), (Estimate.Of(values, passages).Interval.Low, Estimate.Of(values, passages).Interval.High));
    }

    [Fact]
    public void Paired_models_are_compared_item_by_item()
    {
        double[] a = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0], b = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0];
        var test = PairedTest.Of(a, b);
        Assert.Equal((0.6, 0, 6), (Math.Round(test.Difference, 12), test.OnlyA, test.OnlyB));
        Assert.Equal(2 / 64.0, test.PValue, 12); // six coins all on one side
        Assert.Equal(1, PairedTest.McNemar(3, 3), 12);
        Assert.Equal(0.02148438, PairedTest.McNemar(1, 9), 7);
    }

    [Fact]
    public void The_normal_tail() =>
        Assert.Equal([0.5, 0.158655, 0.025, 0.00135], new[] { 0, 1, 1.959964, 3 }.Select(z => Math.Round(PairedTest.NormalTail(z), 6)));

    [Theory] // Chen et al. 2021: 1 - C(n - c, k) / C(n, k)
    [InlineData(10, 0, 5, 0)]
    [InlineData(10, 3, 1, 0.3)]
    [InlineData(10, 3, 5, 1 - 21.0 / 252)]
    [InlineData(10, 6, 5, 1)]
    public void Pass_at_k(int n, int c, int k, double expected) => Assert.Equal(expected, PassAtK.Of(n, c, k), 12);

    [Fact]
    public void Rouge_l_is_of_the_longest_common_subsequence()
    {
        Assert.Equal(0.75, RougeL.Score("police killed the gunman", ["police kill the gunman"]), 12);
        Assert.Equal(0.5, RougeL.Score("the gunman kill police", ["police kill the gunman"]), 12);
        Assert.Equal(1, RougeL.Score("A dog, running!", ["something else", "a dog running"]), 12);
        Assert.Equal(0, RougeL.Score("", ["a dog"]));
    }
}
