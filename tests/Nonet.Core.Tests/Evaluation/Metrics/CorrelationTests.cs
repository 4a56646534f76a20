using Nonet.Evaluation.Metrics;

namespace Nonet.Tests.Evaluation.Metrics;

public class CorrelationTests
{
    [Fact]
    public void Pearson_by_hand()
    {
        // Deviations -2 -1 0 1 2 and -2 0 -1 1 2: 4 + 0 + 0 + 1 + 4 = 9 of √(10 · 10).
        Assert.Equal(0.9, Correlation.Pearson([1, 2, 3, 4, 5], [1, 3, 2, 4, 5])!.Value, 12);
        Assert.Equal(-1, Correlation.Pearson([1, 2, 3], [6, 4, 2])!.Value, 12);
        Assert.Null(Correlation.Pearson([1, 2, 3], [7, 7, 7]));
        Assert.Null(Correlation.Pearson([0.1, 0.1, 0.1], [1, 2, 3])); // whose mean is not 0.1 in floating point
        Assert.Null(Correlation.Pearson([1], [1]));
    }

    [Fact]
    public void Spearman_shares_the_ranks_of_equal_numbers()
    {
        Assert.Equal([1, 4.5, 2, 3, 4.5], Correlation.Ranks([-3, 8, 0, 5, 8]));
        Assert.Equal([2, 2, 2], Correlation.Ranks([7, 7, 7]));
        // Ranks 1..5 and 1, 2, 3, 5, 4 of 5 6 7 8 7 are 1 2 3.5 5 3.5: deviations give 8 of √(10 · 9.5).
        // 0.8207826816681233, the example of scipy.stats.spearmanr
        Assert.Equal(8 / Math.Sqrt(95), Correlation.Spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])!.Value, 12);
        Assert.Equal(1, Correlation.Spearman([1, 2, 3], [1, 10, 1e9])!.Value, 12);
        Assert.Null(Correlation.Spearman([1, 2], [3, 3]));
    }

    [Fact]
    public void Squared_errors_are_averaged()
    {
        Assert.Equal((1 + 4 + 0) / 3.0, Correlation.MeanSquaredError([1, 2, 3], [2, 4, 3]), 12);
        Assert.Throws<ArgumentException>(() => Correlation.MeanSquaredError([], []));
    }
}
