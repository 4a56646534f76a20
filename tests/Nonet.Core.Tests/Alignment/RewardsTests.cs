using Nonet.Alignment;
using Nonet.Alignment.Comparison;
using Nonet.Alignment.Rewards;
using Nonet.Data.Preferences;
using Nonet.Evaluation.Answers;

namespace Nonet.Tests.Alignment;

public class RewardsTests
{
    static Response Of(string text, string? answer = null, bool stopped = true) => new()
    {
        Prompt = new Prompt("p", answer),
        PromptIds = [1],
        Ids = [2],
        Text = text,
        Stopped = stopped
    };

    [Fact]
    public void Words_count_once_and_repetitions_and_length_cost()
    {
        var reward = new WordReward("w", ["good", "man"], lengthPenalty: 0.01, repetitionPenalty: 0.5);
        Assert.Equal(2 - 0.01 * 17 - 0.5, reward.Of("Good, a good man!"), 1e-12);
        Assert.Equal(0, reward.Of(""));
    }

    [Theory]
    [InlineData("42", "42", true, 1), InlineData(" 42.", "42", true, 1), InlineData("042", "42", true, 1), InlineData("43", "42", true, 0),
        InlineData("42", "42", false, 0), InlineData("", "42", true, 0)]
    public void An_answer_is_exact_or_nothing(string text, string expected, bool stopped, double reward) =>
        Assert.Equal(reward, new AnswerReward("a", new() { Kind = AnswerKind.Number }).Score([Of(text, expected, stopped)],
            TestContext.Current.CancellationToken)[0]);

    [Fact]
    public void Rewards_add_up_by_their_weights()
    {
        using var rewards = new WeightedRewards((new FunctionReward("length", r => r.Text.Length), 2), (new FunctionReward("one", _ => 1), -1));
        Assert.Equal([5, 1], rewards.Score([Of("abc"), Of("a")], TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void A_reward_that_is_not_finite_is_named_with_its_response(double wrong)
    {
        using var rewards = new WeightedRewards((new FunctionReward("odd", r => r.Text == "b" ? wrong : 0), 1));
        var error = Assert.Throws<InvalidDataException>(() => rewards.Score([Of("a"), Of("b")], TestContext.Current.CancellationToken));
        Assert.Contains("the reward odd gave ", error.Message);
        Assert.Contains("for the response 'b' to the prompt 'p'", error.Message);
    }

    [Fact]
    public void A_win_rate_counts_ties_as_one_half()
    {
        var rate = WinRate.Of([1, 2, 3, 4], [0, 2, 1, 5]);
        Assert.Equal((0.625, 2, 1, 1), (rate.Rate, rate.Wins, rate.Ties, rate.Losses));
        var clear = WinRate.Of([.. Enumerable.Repeat(1.0, 70), .. Enumerable.Repeat(0.0, 30)]);
        Assert.InRange(clear.PValue, 0.00001, 0.0001); // 2 P(X ≤ 30 of 100 fair coins) = 7.85e-5
        Assert.True(clear.Interval.Low > 0.6 && clear.Interval.High < 0.8);
        Assert.Throws<ArgumentException>(() => WinRate.Of([double.NaN]));
        Assert.Throws<ArgumentException>(() => WinRate.Of([]));
    }

    [Fact]
    public void A_calibration_compares_probabilities_with_shares()
    {
        // σ(ln 3) = 0.75: three of four are right, so the model means what it says
        var margin = Math.Log(3);
        var calibration = Calibration.Of([margin, margin, margin, -margin], 10);
        var bin = Assert.Single(calibration.Bins);
        Assert.Equal((0.75, 0.75, 4), (Math.Round(bin.Predicted, 9), bin.Observed, bin.Pairs));
        Assert.Equal(0, calibration.Error, 1e-9);
        Assert.Equal(0.25, Calibration.Of([margin, margin], 10).Error, 1e-9);
        Assert.Equal(0.5, PreferenceAccuracy.Of([1, -1, 0]));
    }
}
