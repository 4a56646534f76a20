using Nonet.Scaling;
using Nonet.Scaling.Runs;
using Nonet.Tensors;

namespace Nonet.Tests.Scaling.Fits;

/// <summary>Approach 3: E + A / N^α + B / D^β from the whole grid of starts.</summary>
public sealed class ChinchillaFitTests
{
    static readonly FitOptions none = new() { Bootstrap = 0, Threads = 2 };

    /// <summary>One fit that several tests read: 60 noisy runs over the whole plane.</summary>
    static readonly Lazy<LawFit> noisy = new(() => ScalingLaw.Fit("runs", Synthetic.Surface(Synthetic.Epoch, 60, 2, 0.005), ScalingLaw.Chinchilla, none,
        TestContext.Current.CancellationToken));

    static LawFit Fit(ScalingRun[] runs, FitOptions? options = null) =>
        ScalingLaw.Fit("runs", runs, ScalingLaw.Chinchilla, options ?? none, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void Constants_of_240_noisy_runs_are_found_again(ulong seed)
    {
        var fit = Fit(Synthetic.Surface(Synthetic.Epoch, 240, seed, 0.005));
        Assert.InRange(fit["alpha"], 0.3478 - 0.02, 0.3478 + 0.02);
        Assert.InRange(fit["beta"], 0.3658 - 0.01, 0.3658 + 0.01);
        Assert.InRange(fit["E"], 1.817 - 0.03, 1.817 + 0.03);
        Assert.Equal(fit["beta"] / (fit["alpha"] + fit["beta"]), fit["a"], 1e-12);
    }

    [Fact]
    public void Without_noise_the_law_is_exact()
    {
        var fit = Fit(Synthetic.Surface(Synthetic.Epoch, 60, 1, 0));
        Assert.Equal(0.3478, fit["alpha"], 1e-5);
        Assert.Equal(0.3658, fit["beta"], 1e-5);
        Assert.Equal(1.817, fit["E"], 1e-5);
        Assert.InRange(fit.Objective, 0, 1e-12);
    }

    [Fact] // another minimiser, which asks for no gradients and begins at the true constants and around the optimum
    public void No_long_search_finds_a_lower_objective()
    {
        var runs = Synthetic.Surface(Synthetic.Epoch, 240, 4, 0.01);
        var fit = Fit(runs);
        double Objective(double[] p) => runs.Sum(r =>
        {
            var residual = Math.Abs(
                Math.Log(Math.Exp(p[0] - p[3] * Math.Log(r.Parameters)) + Math.Exp(p[1] - p[4] * Math.Log(r.Tokens)) + Math.Exp(p[2])) - Math.Log(r.Loss));
            return residual <= 1e-3 ? residual * residual / 2 : 1e-3 * (residual - 5e-4);
        });
        double[] found = [Math.Log(fit["A"]), Math.Log(fit["B"]), Math.Log(fit["E"]), fit["alpha"], fit["beta"]],
            truth = [Math.Log(482.01), Math.Log(2085.43), Math.Log(1.817), 0.3478, 0.3658];
        Assert.Equal(fit.Objective, Objective(found), fit.Objective * 1e-9);
        var best = double.MaxValue;
        for (var start = 0; start < 12; start++)
        {
            double[] p = [.. (start % 2 == 0 ? found : truth)
                .Select((x, i) => x * (1 + 0.02 * start * Philox.Normal(new RandomKey(9, (uint)start, 1), (ulong)i)))];
            best = Math.Min(best, NelderMead.Minimum(Objective, p));
        }
        Assert.InRange(fit.Objective, 0, 1.0001 * best);
    }

    [Fact]
    public void The_grid_has_its_4500_starts_and_many_meet_at_the_optimum()
    {
        var fit = noisy.Value;
        Assert.Contains("4,500 starts", fit.Method, StringComparison.Ordinal);
        var reached = int.Parse(fit.Method.Split("starts, ")[1].Split(' ')[0], System.Globalization.NumberStyles.AllowThousands,
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(reached, 1000, 4500);
    }

    [Fact]
    public void Intervals_of_the_bootstrap_hold_the_truth_and_depend_on_no_threads()
    {
        var runs = Synthetic.Surface(Synthetic.Epoch, 80, 5, 0.005);
        var one = Fit(runs, new FitOptions { Bootstrap = 8, Threads = 1 });
        var two = Fit(runs, new FitOptions { Bootstrap = 40, Threads = 2 });
        Assert.Equal(one.Replicates, two.Replicates.Take(8));
        Assert.Equal(40, two.Replicates.Count);
        var (a, e) = (two.Derived.Single(n => n.Name == "a"), two.Numbers.Single(n => n.Name == "E"));
        Assert.InRange(Synthetic.Epoch.SizeExponent, a.Low!.Value, a.High!.Value);
        Assert.InRange(1.817, e.Low!.Value, e.High!.Value);
        Assert.InRange(e.High.Value - e.Low.Value, 0.001, 0.3);
    }

    [Fact]
    public void Runs_of_20_tokens_a_parameter_alone_do_not_tell_the_terms_apart()
    {
        ScalingRun[] runs = [
            .. Enumerable.Range(0, 24).Select(i => 4e7 * Math.Pow(400, i / 23.0))
            .Select((n, i) => Synthetic.Run(i + 1, n, 20 * n, Synthetic.Epoch.Loss(n, 20 * n)))];
        Assert.Contains(Fit(runs).Warnings, w => w.Contains("N and D rise together", StringComparison.Ordinal));
        Assert.DoesNotContain(noisy.Value.Warnings, w => w.Contains("together (corr", StringComparison.Ordinal));
    }

    [Fact]
    public void Held_out_runs_are_predicted_and_not_fitted()
    {
        var runs = Synthetic.Surface(Synthetic.Epoch, 60, 1, 0);
        var fit = Fit(runs, none with { HoldOutLargest = true });
        var largest = runs.Where(r => r.Parameters > 0.99 * runs.Max(x => x.Parameters)).ToArray();
        Assert.Equal(largest, fit.HeldOut.Select(p => p.Run));
        Assert.All(fit.HeldOut, p => Assert.InRange(Math.Abs(p.RelativeError), 0, 1e-5));
        Assert.Equal(60 - largest.Length, fit.Fitted.Count);
    }
}
