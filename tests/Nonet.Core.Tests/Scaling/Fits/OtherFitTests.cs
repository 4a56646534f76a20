using Nonet.Scaling;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;
using Nonet.Tensors;

namespace Nonet.Tests.Scaling.Fits;

/// <summary>The laws beside Chinchilla's third approach: what they were drawn from is found again.</summary>
public sealed class OtherFitTests
{
    static readonly FitOptions few = new() { Bootstrap = 50, Threads = 2 };

    static LawFit Fit(ScalingRun[] runs, string law, FitOptions? options = null) =>
        ScalingLaw.Fit("runs", runs, law, options ?? few, TestContext.Current.CancellationToken);

    static double Noise(int i, double size) => Math.Exp(size * Philox.Normal(new RandomKey(7, 0, 1), (ulong)i));

    [Fact]
    public void Kaplans_law_of_size()
    {
        var fit = Fit([.. Enumerable.Range(0, 12)
            .Select(i => Synthetic.Run(i + 1, 1e5 * Math.Pow(3, i), 1e10, Math.Pow(8.8e13 / (1e5 * Math.Pow(3, i)), 0.076) * Noise(i, 0.002)))],
            ScalingLaw.OfSize);
        Assert.Equal(0.076, fit["alpha_N"], 0.001);
        Assert.InRange(fit["Nc"], 6e13, 1.3e14);
        Assert.InRange(fit.RSquared, 0.999, 1);
        Assert.InRange(0.076, fit.Numbers[1].Low!.Value, fit.Numbers[1].High!.Value);
        Assert.NotNull(fit.WithFloor);
    }

    [Fact]
    public void A_floor_of_the_loss_is_seen_beside_the_straight_line()
    {
        ScalingRun[] runs = [
            .. Enumerable.Range(0, 12).Select(i => Synthetic.Run(i + 1, 1e9, 1e7 * Math.Pow(3, i), 1.8 + Math.Pow(1e9 / (1e7 * Math.Pow(3, i)), 0.3)))];
        var fit = Fit(runs, ScalingLaw.OfTokens, few with { HoldOutLargest = true });
        Assert.Equal(1.8, fit.WithFloor!["E"], 0.01);
        Assert.Equal(0.3, fit.WithFloor["alpha_D"], 0.005);
        Assert.InRange(Math.Abs(Assert.Single(fit.WithFloor.HeldOut).RelativeError), 0, 0.002);
        Assert.True(fit.HeldOut[0].RelativeError < -0.02); // without a floor it falls on
    }

    [Fact]
    public void Only_runs_that_no_cheaper_one_beats_make_the_law_of_compute()
    {
        var runs = Synthetic.IsoFlop(Synthetic.Epoch, [1e18, 4e18, 1.6e19, 6.4e19, 2.56e20], [0.2, 0.5, 1, 2, 5]);
        var fit = Fit(runs, ScalingLaw.OfFlops);
        Assert.Equal(5, fit.Fitted.Count);
        Assert.All(fit.Fitted, p => Assert.Equal(Synthetic.Epoch.Optimum(p.Run.Flops).Loss, p.Measured, 1e-9));
    }

    [Fact]
    public void Kaplans_law_of_size_and_data()
    {
        var law = new KaplanLaw(6.4e13, 1.8e13, 0.076, 0.103);
        var pairs = from n in new[] { 1e6, 1e7, 1e8, 1e9 } from d in new[] { 2e7, 2e8, 2e9, 2e10 } select (N: n, D: d);
        var fit = Fit([.. pairs.Select((p, i) => Synthetic.Run(i + 1, p.N, p.D, law.Loss(p.N, p.D)))], ScalingLaw.Kaplan);
        Assert.Equal(0.076, fit["alpha_N"], 1e-4);
        Assert.Equal(0.103, fit["alpha_D"], 1e-4);
        Assert.Equal(1, fit["Nc"] / 6.4e13, 0.01);
        Assert.Equal(1, fit["Dc"] / 1.8e13, 0.01);
    }

    [Theory]
    [InlineData(IsoFlopMinimum.Parabola), InlineData(IsoFlopMinimum.Akima)]
    public void IsoFLOP_minima_lie_on_the_laws_frontier_and_the_unbracketed_is_named(IsoFlopMinimum minimum)
    {
        ScalingRun[] runs = [.. Synthetic.IsoFlop(Synthetic.Epoch, [1e18, 4e18, 1.6e19, 6.4e19], [0.3, 0.5, 0.8, 1.25, 2, 3.3]),
            .. Synthetic.IsoFlop(Synthetic.Epoch, [3e20], [2, 3, 5]).Select(r => r with { Row = 24 + r.Row })];
        var fit = Fit(runs, ScalingLaw.IsoFlop, few with { Minimum = minimum });
        Assert.Equal(Synthetic.Epoch.SizeExponent, fit["a"], 0.02);
        Assert.Equal(1, fit["a"] + fit["b"], 0.01);
        var discarded = Assert.Single(fit.Points, p => p.Discarded is not null);
        Assert.Equal(3e20, discarded.Flops, 1e16);
        Assert.Contains(fit.Warnings, w => w.Contains("3e+20", StringComparison.Ordinal) && w.Contains("not bracketed", StringComparison.Ordinal));
    }

    [Fact]
    public void The_envelope_of_training_curves_has_the_laws_exponent()
    {
        // curves that are on the law at every point, so the envelope is the law's frontier
        ScalingRun[] runs = [
            .. Enumerable.Range(0, 14).Select(i => 1e7 * Math.Pow(1.6, i))
            .Select((n, i) => Synthetic.Run(i + 1, n, 200 * n, Synthetic.Epoch.Loss(n, 200 * n)) with
        {
            Curve = [.. Enumerable.Range(0, 80).Select(k => 0.5 * n * Math.Pow(400, k / 79.0)).Select(d => new CurvePoint(d, Synthetic.Epoch.Loss(n, d)))],
        })];
        var fit = Fit(runs, ScalingLaw.Envelope);
        Assert.Equal(Synthetic.Epoch.SizeExponent, fit["a"], 0.03);
        Assert.Contains(fit.Points, p => p.Discarded is not null); // the ends, where no smaller or larger model is
    }

    [Fact]
    public void The_critical_batch_from_noise_scales_and_from_updates_is_the_same()
    {
        var law = new CriticalBatchLaw(2.1e8, 0.21);
        double[] losses = [2.5, 3, 3.5, 4, 5];
        var noise = Fit([.. losses.Select((l, i) => Synthetic.Run(i + 1, 1e7 + i, 1e9, l) with { NoiseScale = law.At(l) })], ScalingLaw.CriticalBatch);
        Assert.Equal(2.1e8, noise["B_star"], 1.0);
        Assert.Equal(0.21, noise["alpha_B"], 1e-9);
        ScalingRun[] runs = [
            .. losses.SelectMany(l => new[] { 0.3, 1, 3 }.Select(f => (Loss: l, Batch: f * law.At(l))))
            .Select((x, i) => Synthetic.Run(i + 1, 1e7 + i, 1e9, x.Loss) with { Batch = x.Batch, Steps = 1000 * law.StepFactor(x.Batch, x.Loss) })];
        Assert.Equal(0.21, Fit(runs, ScalingLaw.CriticalBatch)["alpha_B"], 1e-6);
    }

    [Fact]
    public void Accuracy_is_a_sigmoid_of_the_loss()
    {
        var law = new AccuracyLaw(0.25, 0.9, 4, 2.4);
        ScalingRun[] runs = [
            .. Enumerable.Range(0, 16).Select(i => 1.6 + 0.12 * i).Select((l, i) => Synthetic.Run(i + 1, 1e9 / (i + 1), 1e9, l) with { Accuracy = law.At(l) })];
        var fit = Fit(runs, ScalingLaw.Accuracy, few with { Chance = 0.25 });
        Assert.Equal(0.25, fit["floor"]);
        Assert.Equal(0.9, fit["ceiling"], 0.005);
        Assert.Equal(4, fit["slope"], 0.05);
        Assert.Equal(2.4, fit["midpoint"], 0.005);
    }
}
