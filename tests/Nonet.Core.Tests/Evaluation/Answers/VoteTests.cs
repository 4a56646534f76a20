using Nonet.Evaluation.Answers;

namespace Nonet.Tests.Evaluation.Answers;

public sealed class VoteTests
{
    static SampledPath[] Paths(params string?[] answers) => [.. answers.Select(a => new SampledPath(a))];

    [Fact]
    public void The_most_frequent_answer_wins_and_its_share_is_the_agreement()
    {
        var vote = Vote.Majority(Paths("18", "26", "18", null, "18", "26", "9", "18"));
        Assert.Equal(("18", 0.5), (vote.Answer, vote.Agreement)); // the path without an answer has no vote, and counts in the share
    }

    [Fact]
    public void Of_equal_ones_the_first_seen_wins()
    {
        Assert.Equal("b", Vote.Majority(Paths("b", "a", "a", "b")).Answer);
        Assert.Equal("a", Vote.Majority(Paths("a", "b", "b", "a")).Answer);
        Assert.Null(Vote.Majority(Paths(null, null)).Answer);
    }

    [Fact]
    public void Weights_are_probabilities_per_token()
    {
        SampledPath[] paths = [new("1", -20, 10), new("1", -20, 10), new("2", -1, 10)];
        Assert.Equal("1", Vote.Majority(paths).Answer);
        Assert.Equal("2", Vote.Weighted(paths).Answer); // e^-0.1 against 2 e^-2
    }

    [Fact]
    public void The_curve_begins_at_the_mean_of_the_paths_and_ends_at_the_vote()
    {
        var paths = Paths("1", "1", "1", "2", "2");
        Assert.Equal(0.6, Vote.Accuracy(paths, 1, a => a == "1"), 12);
        Assert.Equal(1, Vote.Accuracy(paths, 5, a => a == "1"));
        Assert.InRange(Vote.Accuracy(paths, 3, a => a == "1", subsets: 2000), 0.66, 0.74); // 7 of the 10 triples have two 1s at least
    }
}
