using Nonet.Server.Ranking;

namespace Nonet.Server.Tests.Ranking;

public class AgreementTests
{
    [Fact]
    public void Between_labellers_by_hand()
    {
        StoredJudgement[] judgements =
        [
            Of("p", "anna", 1, 2, 3, null), // 0 > 1, 0 > 2, 1 > 2
            Of("p", "ben", 2, 1, 3, 4), // 1 > 0, 0 > 2, 1 > 2, and three with 3
            Of("p", "cleo", 1, 1, 2, null), // 0 > 2, 1 > 2, a tie
            Of("q", "anna", 1, 2, null, null),
            Of("q", "ben", 1, 2, 3, 4),
            Of("r", "anna", 1, 2, 3, 4), // nobody else
        ];
        // p: anna and ben 2 of 3, anna and cleo 2 of 2, ben and cleo 2 of 2; q: 1 of 1.
        var all = Agreement.BetweenLabellers(judgements)!;
        Assert.Equal((8, 2), (all.Pairs, all.Tasks));
        Assert.Equal(7 / 8.0, all.Value, 12);
        Assert.Equal((6 / 7.0, 1.0), (all.Low, all.High)); // either task alone
        var cleo = Agreement.BetweenLabellers(judgements, "cleo")!;
        Assert.Equal((1.0, 4), (cleo.Value, cleo.Pairs));
        Assert.Null(Agreement.BetweenLabellers(judgements[^1..]));
    }

    [Fact]
    public void With_rewards_by_hand()
    {
        StoredJudgement[] judgements = [Of("p", "anna", 1, 2, 3, null), Of("q", "anna", 1, 2, null, null)];
        var rewards = new Dictionary<string, double[]> { [judgements[0].Task.Id] = [1, 2, 0, 5] };
        Assert.Null(Agreement.WithRewards(judgements, new Dictionary<string, double[]>()));
        Assert.Equal((2 / 3.0, 3, 1), Agreement.WithRewards(judgements, rewards) is { } share ? (share.Value, share.Pairs, share.Tasks) : default);
        rewards[judgements[1].Task.Id] = [3, 3, 0, 0]; // equal rewards agree by half
        Assert.Equal(2.5 / 4, Agreement.WithRewards(judgements, rewards)!.Value, 12);
    }

    [Fact]
    public void The_order_is_a_permutation_that_differs_between_labellers_and_stays()
    {
        var orders = Enumerable.Range(0, 200).Select(i => BlindOrder.Of(7, "task", $"labeller {i}", 4)).ToArray();
        Assert.All(orders, order => Assert.Equal([0, 1, 2, 3], order.Order()));
        Assert.Equal(BlindOrder.Of(7, "task", "anna", 9), BlindOrder.Of(7, "task", "anna", 9));
        Assert.NotEqual(BlindOrder.Of(7, "task", "anna", 9), BlindOrder.Of(8, "task", "anna", 9));
        for (var answer = 0; answer < 4; answer++) // each answer is first for about a quarter: 50 of 200, standard deviation 6.1
            Assert.InRange(orders.Count(order => order[0] == answer), 30, 70);
    }

    static StoredJudgement Of(string prompt, string labeller, params int?[] ranks) =>
        new(StoreUnderTest.Task(prompt), labeller, StoreUnderTest.Ranked(ranks));
}
