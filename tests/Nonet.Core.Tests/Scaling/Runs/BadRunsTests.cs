using Nonet.Scaling;
using Nonet.Scaling.Runs;

namespace Nonet.Tests.Scaling.Runs;

/// <summary>Runs that a law must not be fitted to: refused with their rows.</summary>
public sealed class BadRunsTests
{
    static readonly ScalingRun[] good = Synthetic.Surface(Synthetic.Epoch, 12, 1, 0);

    static void Refused(string law, ScalingRun[] runs, params string[] parts)
    {
        var message = Assert.Throws<BadRunsException>(() =>
            ScalingLaw.Fit("runs.csv", runs, law, new FitOptions { Bootstrap = 0 }, TestContext.Current.CancellationToken)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.StartsWith("runs.csv: ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chinchilla", "at least 6 runs of 3 sizes")]
    [InlineData("L(N,D)", "at least 5 runs of 3 sizes")]
    [InlineData("L(N)", "at least 3 runs that differ in N")]
    [InlineData("L(D)", "at least 3 runs that differ in D")]
    [InlineData("L(C)", "at least 3 runs that differ in C")]
    [InlineData("isoflop", "at least 2 budgets")]
    [InlineData("envelope", "training curves")]
    [InlineData("critical-batch", "noise_scale")]
    [InlineData("accuracy", "at least 5 runs with an accuracy")]
    public void Too_few_runs(string law, string needed) => Refused(law, good[..2], "too few runs for " + law, needed);

    [Fact]
    public void One_size_only() =>
        Refused("chinchilla", [.. Enumerable.Range(1, 8).Select(i => Synthetic.Run(i, 1e7, 1e9 * i, 4 - 0.1 * i))], "8 runs of 1 size and 8 amounts of tokens",
        "rows 1, 2");

    [Fact]
    public void The_same_run_twice() => Refused("chinchilla", [.. good, good[3] with { Row = 13, Name = "again" }], "rows 4 and 13 (again) are the same run");

    [Fact]
    public void The_same_seed_twice_with_another_loss() =>
        Refused("chinchilla", [good[0] with { Seed = "1" }, .. good[1..], good[0] with { Seed = "1", Row = 13, Loss = 2.2 }],
        "rows 1 and 13 are the same run (same size, tokens and seed 1)");

    [Fact]
    public void Parameters_in_millions_in_some_rows() =>
        Refused("chinchilla", [good[0] with { Parameters = good[0].Parameters / 1e6, Flops = good[0].Flops / 1e6 }, .. good[1..]], "n_params of row 1 is",
        "these look like millions");

    [Fact]
    public void Parameters_in_millions_in_all_rows() =>
        Refused("chinchilla", [.. good.Select(r => r with { Parameters = r.Parameters / 1e9, Flops = r.Flops / 1e9 })], "n_params of rows 1, 2",
        "these look like millions or billions");

    [Fact]
    public void Tokens_in_billions() =>
        Refused("chinchilla", [.. good[..11], good[11] with { Tokens = good[11].Tokens / 1e9, Flops = good[11].Flops / 1e9 }], "tokens of row 12");

    [Fact]
    public void Flops_that_are_not_6ND() =>
        Refused("chinchilla", [.. good.Select((r, i) => i is 2 or 5 ? r with { Flops = 4 * r.Flops } : r)], "flops of rows 3 and 6 are 4 to 4 times 6ND");

    [Fact]
    public void Flops_within_a_factor_of_three_are_accepted() =>
        Assert.NotNull(ScalingLaw.Fit("x", [.. good.Select(r => r with { Flops = 2 * r.Flops })], "chinchilla", new FitOptions { Bootstrap = 0 },
        TestContext.Current.CancellationToken));

    [Fact]
    public void A_loss_that_rises_with_size_at_equal_tokens()
    {
        var runs = (from n in new[] { 1e7, 4e7, 1.6e8 } from d in new[] { 1e9, 1e10, 1e11 } select (n, d))
            .Select((p, i) => Synthetic.Run(i + 1, p.n, p.d, Synthetic.Epoch.Loss(p.n, p.d))).ToArray();
        runs[7] = runs[7] with { Loss = runs[4].Loss * 1.1, Name = "too fast" };
        Refused("chinchilla", runs, "the loss rises with size at 1e+10 tokens", "row 8 (too fast)", "row 5");
    }

    [Fact]
    public void A_loss_that_rises_with_size_over_all_runs() =>
        Refused("L(N)", [.. Enumerable.Range(0, 5).Select(i => Synthetic.Run(i + 1, 1e6 * Math.Pow(4, i), 1e9, 3 + 0.1 * i))], "the loss rises with size",
        "row 1");

    [Fact]
    public void No_budget_with_a_minimum() =>
        Refused("isoflop", Synthetic.IsoFlop(Synthetic.Epoch, [1e18, 1e19, 1e20], [2, 4, 8]), "fewer than 2 budgets have a minimum",
        "1e+19 FLOPs, rows 4, 5 and 6: not bracketed: the smallest size has the lowest loss (row 4)");

    [Fact]
    public void Noise_scales_and_batches_that_are_not_positive() =>
        Refused("critical-batch", [.. good.Select((r, i) => r with { NoiseScale = i == 1 ? -5 : 1000, Batch = i is 2 or 4 ? 0 : null })],
        "noise_scale of row 2 is not a positive number", "batch of rows 3 and 5 is not a positive number");

    [Fact]
    public void A_held_out_row_that_is_not_there()
    {
        var message = Assert.Throws<BadRunsException>(() =>
            ScalingLaw.Fit("runs.csv", good, "chinchilla", new FitOptions { HeldOut = [99] }, TestContext.Current.CancellationToken)).Message;
        Assert.Contains("row 99 to be held out", message, StringComparison.Ordinal);
    }
}
