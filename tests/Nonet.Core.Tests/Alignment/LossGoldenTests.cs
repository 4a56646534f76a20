using System.Text.Json.Nodes;
using Nonet.Alignment;
using Nonet.Data.Preferences;
using Nonet.Tests.Goldens;

namespace Nonet.Tests.Alignment;

/// <summary>Losses and gradients of alignment against PyTorch's autograd on fixed tensors: tests/goldens/make_alignment.py.</summary>
public class LossGoldenTests
{
    static readonly JsonNode goldens = Golden.Json("alignment.json");

    [Fact]
    public void Ranking_loss()
    {
        var golden = goldens["ranking"]!;
        var ranking = Ranking.Of("", ["a", "b", "c", "d"], [.. Numbers(golden["ranks"]).Select(r => (int?)r)]);
        var gradient = new double[4];
        Near(Number(golden["loss"]), RankingLoss.Of(Numbers(golden["rewards"]), ranking.Pairs, gradient));
        Near(Numbers(golden["gradient"]), gradient);
    }

    [Fact]
    public void Generalized_advantages()
    {
        var golden = goldens["gae"]!;
        var rewards = Numbers(golden["rewards"]);
        var (advantages, returns) = (new double[rewards.Length], new double[rewards.Length]);
        GeneralizedAdvantage.Estimate(rewards, Numbers(golden["values"]), Number(golden["gamma"]), Number(golden["lam"]), advantages, returns);
        Near(Numbers(golden["advantages"]), advantages);
        Near(Numbers(golden["returns"]), returns);
    }

    [Theory]
    [InlineData("shifted", true, false), InlineData("unshifted", false, false), InlineData("masked", true, true), InlineData("masked_unshifted", false, true)]
    public void Whitened(string name, bool shift, bool masked)
    {
        var golden = goldens["whitening"]!;
        var values = Numbers(golden["values"]);
        Whitening.Apply(values, shift, masked ? golden["mask"]!.AsArray().Select(m => (bool)m!).ToArray() : default);
        Near(Numbers(golden[name]), values);
    }

    [Fact]
    public void Policy_loss_of_ppo()
    {
        var golden = goldens["ppo_policy"]!;
        var x = Numbers(golden["new"]);
        var gradient = new double[x.Length];
        var terms = PpoLoss.Policy(x, Numbers(golden["old"]), Numbers(golden["advantages"]), Number(golden["clip"]), 1.0 / x.Length, gradient);
        Near(Number(golden["loss"]), terms.Loss);
        Near(Number(golden["clipped"]), terms.Clipped);
        Near(Numbers(golden["gradient"]), gradient);
    }

    [Fact]
    public void Value_loss_of_ppo()
    {
        var golden = goldens["ppo_value"]!;
        var x = Numbers(golden["new"]);
        var gradient = new double[x.Length];
        Near(Number(golden["loss"]),
            PpoLoss.Value(x, Numbers(golden["old"]), Numbers(golden["returns"]), Number(golden["clip"]), Number(golden["coefficient"]) / x.Length, gradient));
        Near(Numbers(golden["gradient"]), gradient);
    }

    [Theory]
    [InlineData("dpo", PreferenceLossKind.Dpo), InlineData("ipo", PreferenceLossKind.Ipo), InlineData("cdpo", PreferenceLossKind.ConservativeDpo)]
    public void Losses_of_pairs(string name, PreferenceLossKind kind)
    {
        var golden = goldens[name]!;
        var options = new PreferenceLossOptions { Kind = kind, Beta = Number(golden["beta"]), Smoothing = Number(golden["smoothing"]) };
        double[] chosen = Numbers(golden["chosen"]), rejected = Numbers(golden["rejected"]), chosenReference = Numbers(golden["chosen_reference"]),
            rejectedReference = Numbers(golden["rejected_reference"]);
        PreferenceTerms[] terms = [.. chosen.Select((_, i) => PreferenceLoss.Of(options, chosen[i], rejected[i], chosenReference[i], rejectedReference[i]))];
        Near(Numbers(golden["losses"]), [.. terms.Select(t => t.Loss)]);
        Near(Numbers(golden["chosen_gradient"]), [.. terms.Select(t => t.Slope)]);
        Near(Numbers(golden["rejected_gradient"]), [.. terms.Select(t => -t.Slope)]);
    }

    [Theory]
    [InlineData("grpo", GroupVariant.Grpo), InlineData("dapo", GroupVariant.Dapo), InlineData("dr_grpo", GroupVariant.DrGrpo)]
    public void Losses_of_groups(string name, GroupVariant variant)
    {
        var golden = goldens[name]!;
        var options = GroupLossOptions.Of(variant);
        var advantages = GroupLoss.Advantages(Numbers(golden["scores"]), options.DivideByDeviation);
        Near(Numbers(golden["advantages"]), advantages);
        var weights = GroupLoss.Weights([.. Numbers(golden["lengths"]).Select(l => (int)l)], options.Mean, (int)Number(golden["longest"]));
        var loss = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            var x = Numbers(golden["new"]![i]);
            var gradient = new double[x.Length];
            loss += GroupLoss.Of(options, x, Numbers(golden["old"]![i]), Numbers(golden["reference"]![i]), advantages[i], weights[i], gradient).Loss;
            Near(Numbers(golden["gradients"]![i]), gradient);
        }
        Near(Number(golden["loss"]), loss);
    }

    static double Number(JsonNode? node) => (double)node!;

    static double[] Numbers(JsonNode? node) => [.. node!.AsArray().Select(x => (double)x!)];

    static void Near(double expected, double found) => Assert.Equal(expected, found, 1e-9 * Math.Max(1, Math.Abs(expected)));

    static void Near(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), both => Near(both.First, both.Second));
    }
}
