using Nonet.Evaluation.Metrics;

namespace Nonet.Tests.Evaluation.Metrics;

public class IntervalTests
{
    [Fact]
    public void Wilson_by_the_formula()
    {
        var interval = Interval.Wilson(8, 10);
        Assert.Equal(0.49016247154, interval.Low, 9);
        Assert.Equal(0.94331784855, interval.High, 9);
        Assert.Equal(0, Interval.Wilson(0, 10).Low);
        Assert.Equal(0.27753279986, Interval.Wilson(0, 10).High, 9);
        Assert.Equal(1, Interval.Wilson(10, 10).High);
    }

    [Fact]
    public void Bootstrap_is_close_to_the_normal_interval_and_the_same_each_time()
    {
        var hits = Enumerable.Range(0, 400).Select(i => i % 4 == 0 ? 0.0 : 1).ToArray();
        var interval = Interval.Bootstrap(400, drawn => drawn.Average(i => hits[i]));
        var half = 1.96 * Math.Sqrt(0.75 * 0.25 / 400); // 0.0424
        Assert.InRange(interval.Low, 0.75 - half - 0.006, 0.75 - half + 0.006);
        Assert.InRange(interval.High, 0.75 + half - 0.006, 0.75 + half + 0.006);
        Assert.Equal(interval, Interval.Bootstrap(400, drawn => drawn.Average(i => hits[i])));
        Assert.Equal(new Interval(1, 1), Interval.Bootstrap(1, _ => 1));
    }

    [Fact]
    public void The_best_choice_is_the_first_with_the_highest_score()
    {
        Assert.Equal((1, 0, 1), (ChoiceAccuracy.Best([1, 3, 3]), ChoiceAccuracy.Best([-1]), ChoiceAccuracy.Best([double.NaN, -5, double.NaN])));
        Assert.Equal(2.0 / 3, ChoiceAccuracy.Of([[1, 2], [3, 1, 2], [0, 1]], [1, 0, 0]), 12);
        Assert.Contains("choice 2 is marked as right, but there are 2 choices",
            Assert.Throws<ArgumentException>(() => ChoiceAccuracy.Of([[1, 2]], [2])).Message, StringComparison.Ordinal);
    }
}
