using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Tests.Yaml;

public class NearestTests
{
    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("steps", "steps", 0)]
    [InlineData("kitten", "sitting", 3)] // k to s, e to i, g added
    [InlineData("setps", "steps", 1)] // neighbours swapped
    [InlineData("batch_size", "batch", 5)]
    public void Distance_counts_single_edits(string a, string b, int edits)
    {
        Assert.Equal(edits, Nearest.Distance(a, b));
        Assert.Equal(edits, Nearest.Distance(b, a));
    }

    [Fact]
    public void The_nearest_name_is_found() => Assert.Equal("learning_rate", Nearest.Of("lerning_rte", ["steps", "learning_rate", "warmup"]));
}
