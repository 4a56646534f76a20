using Nonet.Alignment;
using Nonet.Data.Preferences;

namespace Nonet.Tests.Alignment;

/// <summary>Values of alignment that can be computed by hand.</summary>
public class HandComputedTests
{
    [Fact]
    public void Advantages_follow_the_table()
    {
        // γ = 1, λ = 0.5: δ = 0 + 2 − 1, 0 + 3 − 2, 5 + 0 − 3 = 1, 1, 2; A from the end = 2, 1 + ½·2, 1 + ½·2
        double[] advantages = new double[3], returns = new double[3];
        GeneralizedAdvantage.Estimate([0, 0, 5], [1, 2, 3], 1, 0.5, advantages, returns);
        Assert.Equal([2, 2, 2], advantages);
        Assert.Equal([3, 4, 5], returns);
    }

    [Fact]
    public void With_lambda_1_the_return_is_the_sum_of_the_rewards_to_come_whatever_the_values()
    {
        double[] advantages = new double[3], returns = new double[3];
        GeneralizedAdvantage.Estimate([1, 2, 4], [9, -7, 3], 1, 1, advantages, returns);
        Assert.Equal([7, 6, 4], returns);
    }

    [Fact]
    public void The_ranking_loss_is_the_mean_over_the_pairs_and_a_tie_is_no_pair()
    {
        var ranking = Ranking.Of("p", ["a", "b", "c", "d"], [1, 2, 2, null]);
        Assert.Equal([new RankedPair(0, 1), new RankedPair(0, 2)], ranking.Pairs);
        var gradient = new double[4];
        var loss = RankingLoss.Of([1, 0, -1, 100], ranking.Pairs, gradient);
        Assert.Equal((Math.Log(1 + Math.Exp(-1)) + Math.Log(1 + Math.Exp(-2))) / 2, loss, 1e-12);
        Assert.Equal(0, gradient.Sum(), 1e-12);
        Assert.Equal(0, gradient[3]);
        Assert.Equal(Math.Log(2), RankingLoss.Of([3, 3], [new RankedPair(0, 1)], new double[2]), 1e-12);
        Assert.Throws<ArgumentException>(() => RankingLoss.Of([1, 2], [], new double[2]));
    }

    [Fact]
    public void Extreme_margins_do_not_overflow()
    {
        var gradient = new double[2];
        Assert.Equal(2000, RankingLoss.Of([-1000, 1000], [new RankedPair(0, 1)], gradient));
        Assert.Equal([-1, 1], gradient);
        Assert.Equal(0, RankingLoss.Of([1000, -1000], [new RankedPair(0, 1)], gradient));
    }

    [Theory]
    [InlineData(PreferenceLossKind.Dpo), InlineData(PreferenceLossKind.ConservativeDpo)]
    public void At_the_reference_dpo_gives_ln_2(PreferenceLossKind kind)
    {
        var terms = PreferenceLoss.Of(new() { Kind = kind }, -12.5, -30, -12.5, -30);
        Assert.Equal(Math.Log(2), terms.Loss, 1e-12);
        Assert.True(terms.Slope < 0);
    }

    [Fact]
    public void Ipo_is_0_at_its_margin_and_cdpo_has_its_minimum_at_a_finite_one()
    {
        Assert.Equal(0, PreferenceLoss.Of(new() { Kind = PreferenceLossKind.Ipo, Beta = 0.25 }, 2, 0, 0, 0).Loss, 1e-12);
        // βh = ln((1 − ε)/ε) is where the slope changes its sign
        var options = new PreferenceLossOptions { Kind = PreferenceLossKind.ConservativeDpo, Beta = 1, Smoothing = 0.2 };
        Assert.Equal(0, PreferenceLoss.Of(options, Math.Log(4), 0, 0, 0).Slope, 1e-12);
    }

    [Fact]
    public void Equal_rewards_of_a_group_give_no_gradient()
    {
        var advantages = GroupLoss.Advantages([0.1, 0.1, 0.1]);
        Assert.Equal([0, 0, 0], advantages);
        var gradient = new double[2];
        GroupLoss.Of(new() { Beta = 0 }, [-1, -2], [-1.5, -2], [], advantages[0], 0.5, gradient);
        Assert.Equal([0, 0], gradient);
    }

    [Fact]
    public void Advantages_of_a_group_by_hand()
    {
        // mean 2, deviation of the sample 2
        Assert.Equal([-2 / 2.0001, 0, 2 / 2.0001], GroupLoss.Advantages([0, 2, 4]));
        Assert.Equal([-2, 0, 2], GroupLoss.Advantages([0, 2, 4], divideByDeviation: false));
    }

    [Fact]
    public void Weights_of_tokens()
    {
        Assert.Equal([1 / 4.0, 1 / 12.0], GroupLoss.Weights([2, 6], TokenMean.Response, 10));
        Assert.Equal([1 / 8.0, 1 / 8.0], GroupLoss.Weights([2, 6], TokenMean.Token, 10));
        Assert.Equal([1 / 20.0, 1 / 20.0], GroupLoss.Weights([2, 6], TokenMean.Constant, 10));
    }

    [Theory]
    [InlineData(8, 0), InlineData(9, -0.5), InlineData(10, -1), InlineData(11, -1)]
    public void Long_responses_are_penalised_softly(int length, double expected) => Assert.Equal(expected, GroupLoss.Overlong(length, longest: 10, margin: 2));

    [Fact]
    public void The_clip_removes_the_gradient_only_where_it_lowers_the_objective()
    {
        var gradient = new double[4];
        var (up, down) = (Math.Log(1.5), Math.Log(0.5));
        var terms = PpoLoss.Policy([up, down, up, down], [0, 0, 0, 0], [1, 1, -1, -1], 0.2, 0.25, gradient);
        Assert.Equal([0, -0.125, 0.375, 0], gradient, (a, b) => Math.Abs(a - b) < 1e-12); // ρ = 1.5 with A > 0 and ρ = 0.5 with A < 0 are clipped
        Assert.Equal((-1.2 - 0.5 + 1.5 + 0.8) / 4, terms.Loss, 1e-12);
        Assert.Equal(0.5, terms.Clipped);
        Assert.Equal(0.5, terms.LargestChange, 1e-12);
    }

    [Fact]
    public void The_clipped_value_loss_takes_the_larger_error()
    {
        // V moved from 0 to 1 towards R = 2: the clip at 0.2 leaves the larger error (0.2 − 2)², which has no gradient
        var gradient = new double[1];
        Assert.Equal(0.5 * 1.8 * 1.8, PpoLoss.Value([1], [0], [2], 0.2, 1, gradient), 1e-12);
        Assert.Equal([0], gradient);
        Assert.Equal(0.5, PpoLoss.Value([1], [0], [2], null, 1, gradient), 1e-12);
        Assert.Equal([-1], gradient);
    }

    [Fact]
    public void Token_rewards_hold_the_penalty_of_each_token_and_the_score_at_the_last()
    {
        var rewards = new double[3];
        var kl = TokenRewards.Of(5, [-1, -2, -3], [-1.5, -1, -3], beta: 0.1, rewards);
        Assert.Equal([-0.05, 0.1, 5], rewards, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(-0.5, kl, 1e-12);
        Assert.Equal(5 - 0.1 * kl, rewards.Sum(), 1e-12); // what is logged is what is trained on
    }

    [Fact]
    public void A_response_without_a_stop_gets_the_fixed_penalty()
    {
        Assert.Equal(3, TokenRewards.Penalized(3, stopped: true, missingStop: -1));
        Assert.Equal(-1, TokenRewards.Penalized(3, stopped: false, missingStop: -1));
        Assert.Equal(3, TokenRewards.Penalized(3, stopped: false, missingStop: null));
    }

    [Fact]
    public void The_adaptive_controller_follows_the_formula_and_clips_the_error()
    {
        var controller = new KlController(new() { Beta = 0.15, Target = 6, Horizon = 10_000 });
        controller.Update(12, 512); // error clipped to 0.2
        Assert.Equal(0.15 * (1 + 0.2 * 512 / 10_000), controller.Beta, 1e-15);
        controller.Update(5.4, 1000); // error −0.1
        Assert.Equal(0.15 * (1 + 0.2 * 512 / 10_000) * (1 - 0.1 * 1000 / 10_000), controller.Beta, 1e-15);
        var still = new KlController(new() { Beta = 0.02 });
        still.Update(100, 512);
        Assert.Equal(0.02, still.Beta);
    }

    [Fact]
    public void K1_may_be_negative_and_k3_may_not()
    {
        Assert.Equal(-1, KlEstimate.K1(-3, -2));
        Assert.Equal(Math.E - 2, KlEstimate.K3(-3, -2), 1e-12);
        Assert.Equal(0, KlEstimate.K3(-3, -3));
        Assert.Equal((KlEstimate.K3(-3 + 1e-6, -2) - KlEstimate.K3(-3 - 1e-6, -2)) / 2e-6, KlEstimate.K3Slope(-3, -2), 1e-6);
    }

    [Fact]
    public void Both_estimates_of_kl_have_the_exact_mean()
    {
        double[] p = [0.5, 0.3, 0.2], q = [0.2, 0.2, 0.6];
        var exact = p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum();
        Assert.Equal(exact, p.Zip(q, (a, b) => a * KlEstimate.K1(Math.Log(a), Math.Log(b))).Sum(), 1e-12);
        Assert.Equal(exact, p.Zip(q, (a, b) => a * KlEstimate.K3(Math.Log(a), Math.Log(b))).Sum(), 1e-12);
    }

    [Fact] // outputs of mean 4 and variance (9 + 1 + 1 + 9) / 4 = 5
    public void A_reward_is_scaled_to_mean_0_and_deviation_1()
    {
        double[] outputs = [1, 3, 5, 7];
        Assert.Equal(new RewardScale(1, -4), RewardScale.Of(outputs, RewardNormalization.Mean));
        var scale = RewardScale.Of(outputs, RewardNormalization.MeanAndDeviation);
        Assert.Equal(1 / Math.Sqrt(5), scale.Gain, 1e-15);
        Assert.Equal(-3 / Math.Sqrt(5), scale.Of(1), 1e-15);
        Assert.Equal(3 / Math.Sqrt(5), scale.Of(7), 1e-15);
        Assert.Equal(new RewardScale(1, -2), RewardScale.Of([2, 2], RewardNormalization.MeanAndDeviation)); // no deviation to divide by
        Assert.Equal(RewardScale.Identity, RewardScale.Of(outputs, RewardNormalization.None));
    }

    [Fact]
    public void The_best_of_n_is_the_first_of_the_highest()
    {
        Assert.Equal(1, BestOfN.Of([0, 5, 5, 2]));
        Assert.Equal(0, BestOfN.Kl(1));
        Assert.Equal(Math.Log(4) - 0.75, BestOfN.Kl(4), 1e-12);
    }
}
