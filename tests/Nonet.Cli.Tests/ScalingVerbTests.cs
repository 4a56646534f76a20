using System.Globalization;

namespace Nonet.Cli.Tests;

/// <summary>scaling fit and scaling plan.</summary>
public sealed class ScalingVerbTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    /// <summary>Runs on the law 1.8 + 500 / N^0.35 + 2000 / D^0.36.</summary>
    public ScalingVerbTests()
    {
        var rows = from n in new[] { 1e7, 4e7, 1.6e8, 6.4e8 }
                   from d in new[] { 2e9, 1e10, 5e10 }
                   select string.Create(CultureInfo.InvariantCulture,
            $"{n:R},{d:R},{1.8 + 500 * Math.Pow(n, -0.35) + 2000 * Math.Pow(d, -0.36):R}");
        folder.Add("runs.csv", System.Text.Encoding.UTF8.GetBytes("n_params,tokens,loss\n" + string.Join('\n', rows) + "\n"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_fit_is_printed_written_drawn_and_planned_by()
    {
        var json = (await Program.Run("scaling", "fit", folder["runs.csv"], "--law", "chinchilla", "--bootstrap", "25", "--json", "--out", folder["fit.json"],
            "--report", folder["fit.html"], "--plots", folder["plots"])).Json;
        Assert.Equal("chinchilla", json.GetProperty("law").GetString());
        Assert.Equal(500, json.GetProperty("A").GetDouble(), 5.0);
        Assert.Equal(2000, json.GetProperty("B").GetDouble(), 20.0);
        Assert.Equal(1.8, json.GetProperty("E").GetDouble(), 0.001);
        Assert.Equal(0.35, json.GetProperty("alpha").GetDouble(), 0.001);
        Assert.Equal(0.36, json.GetProperty("beta").GetDouble(), 0.001);
        Assert.Equal(0.36 / 0.71, json.GetProperty("a").GetDouble(), 0.001);
        Assert.InRange(json.GetProperty("objective").GetDouble(), 0, 1e-9);
        Assert.Equal(12, json.GetProperty("runs").GetInt32());
        var page = File.ReadAllText(folder["fit.html"]);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.Contains("isoflop.svg", Directory.GetFiles(folder["plots"]).Select(Path.GetFileName));
        var plan = (await Program.Run("scaling", "plan", "--fit", folder["fit.json"], "--gpu-hours", "10", "--gpu", "h200", "--mfu", "0.4", "--json",
            "--served-tokens", "1e11", "--unique-tokens", "1e9", "--report", folder["plan.html"])).Json;
        Assert.Equal(10 * 3600 * 989e12 * 0.4, plan.GetProperty("flops").GetDouble(), 1e8);
        Assert.Equal(2, plan.GetProperty("loss_interval").GetArrayLength());
        Assert.True(plan.GetProperty("repeats").GetProperty("epochs").GetDouble() > 1);
        Assert.Contains("<svg", File.ReadAllText(folder["plan.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_published_law_plans_without_a_fit()
    {
        var plan = (await Program.Run("scaling", "plan", "--published", "besiroglu", "--flops", "5.76e23", "--json")).Json;
        Assert.Equal(18.4, plan.GetProperty("tokens_per_param").GetDouble(), 0.1);
        Assert.False(plan.TryGetProperty("loss_interval", out _));
        var shown = await Program.Run("scaling", "plan", "--published", "kaplan", "--target-loss", "2.5");
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("non-embedding params", shown.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--chance has no effect for --law chinchilla: it is an option of accuracy", "--law", "chinchilla", "--chance", "0.25")]
    [InlineData("--minimum has no effect for --law L(N): it is an option of isoflop", "--law", "L(N)", "--minimum", "parabola")]
    [InlineData("--seed-noise has no effect for --law envelope", "--law", "envelope", "--seed-noise", "0.01")]
    [InlineData("--seed-noise has no effect for --law isoflop with --minimum parabola", "--law", "isoflop", "--seed-noise", "0.01")]
    [InlineData("--bootstrap is 5000: expected at most 1000 for --law isoflop with --minimum akima", "--law", "isoflop", "--minimum", "akima", "--bootstrap",
        "5000")]
    [InlineData("--held-out has no effect for --law critical-batch", "--law", "critical-batch", "--held-out", "largest")]
    public async Task An_option_that_a_law_does_not_have_is_wrong_usage(string message, params string[] options) =>
        (await Program.Run(["scaling", "fit", folder["runs.csv"], .. options])).AssertRefused(2, message);

    [Theory]
    [InlineData("--tflops and --gpu-memory describe other hardware and have no effect with --gpu", "--gpu", "h200", "--tflops", "5")]
    [InlineData("--tflops and --gpu-memory describe other hardware and have no effect with --gpu", "--gpu", "h200", "--gpu-memory", "1")]
    [InlineData("--mfu and --gpus need --gpu", "--mfu", "0.5")]
    public async Task A_plan_of_hardware_that_does_nothing_is_wrong_usage(string message, params string[] options) =>
        (await Program.Run(["scaling", "plan", "--published", "hoffmann", "--flops", "1e20", .. options])).AssertRefused(2, message);

    [Fact]
    public async Task What_cannot_be_fitted_or_planned_is_named()
    {
        var file = folder.Add("bad.csv", "n,d,loss\n1e6,1e9,3\n2e6,1e9,NaN\n"u8.ToArray());
        (await Program.Run("scaling", "fit", file, "--law", "L(N)")).AssertRefused(1, "bad.csv", "row 2: loss is NaN");
        (await Program.Run("scaling", "fit", folder["runs.csv"], "--law", "isoflop")).AssertRefused(1, "too few runs for isoflop");
        (await Program.Run("scaling", "fit", folder["none.csv"], "--law", "L(N)")).AssertRefused(1, "none.csv: found no such file");
        (await Program.Run("scaling", "fit", folder["runs.csv"], "--law", "gopher")).AssertRefused(2, "gopher");
        (await Program.Run("scaling", "fit", folder["runs.csv"], "--law", "L(N)", "--without", "a")).AssertRefused(2, "--without is 'a'");
        (await Program.Run("scaling", "plan", "--published", "hoffmann")).AssertRefused(2, "one of --flops, --gpu-hours and --target-loss");
        (await Program.Run("scaling", "plan", "--flops", "1e20")).AssertRefused(2, "either --fit or --published");
        (await Program.Run("scaling", "plan", "--published", "hoffmann", "--gpu-hours", "5")).AssertRefused(2, "--gpu");
        (await Program.Run("scaling", "plan", "--published", "hoffmann", "--gpu-hours", "5", "--gpu", "abacus")).AssertRefused(2, "--gpu is 'abacus'");
        (await Program.Run("scaling", "plan", "--published", "hoffmann", "--target-loss", "1.5")).AssertRefused(1, "below the law's irreducible loss");
        (await Program.Run("scaling", "plan", "--published", "kaplan", "--flops", "1e20", "--unique-tokens", "1e9"))
            .AssertRefused(1, "unique tokens need a law");
        (await Program.Run("scaling", "plan", "--fit", folder["runs.csv"], "--flops", "1e20")).AssertRefused(1, "runs.csv");
    }
}
