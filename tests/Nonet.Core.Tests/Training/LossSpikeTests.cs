using Nonet.Training;

namespace Nonet.Tests.Training;

public class LossSpikeTests
{
    static LossSpike Of(double deviations, params double[] losses)
    {
        var spike = new LossSpike(4, deviations);
        foreach (var loss in losses)
            spike.Add(loss);
        return spike;
    }

    [Fact]
    public void The_limit_is_mean_plus_k_standard_deviations() // 1, 3, 5, 7: mean 4, squared distances 9 + 1 + 1 + 9, their mean 5
    {
        var spike = Of(2, 1, 3, 5, 7);
        Assert.Equal(4 + 2 * Math.Sqrt(5), spike.Limit!.Value, 1e-12);
        Assert.False(spike.Is(8.47));
        Assert.True(spike.Is(8.48));
    }

    [Fact]
    public void Only_the_window_counts() => Assert.Equal(4 + Math.Sqrt(5), Of(1, 100, 100, 1, 3, 5, 7).Limit!.Value, 1e-12);

    [Fact]
    public void While_the_window_is_not_full_nothing_is_a_spike()
    {
        var spike = Of(2, 1, 1, 1);
        Assert.Null(spike.Limit);
        Assert.False(spike.Is(1e9));
    }

    [Fact]
    public void What_is_restored_judges_alike()
    {
        var (one, two) = (Of(2, 0.1, 0.2, 0.4, 0.3, 0.7), new LossSpike(4, 2));
        two.Add(9);
        two.Restore(one.Losses);
        Assert.Equal(one.Limit, two.Limit);
        Assert.Equal([0.2, 0.4, 0.3, 0.7], two.Losses);
    }
}
