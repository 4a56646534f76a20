using System.Xml.Linq;
using Nonet.Recipes.Scaling;
using Nonet.Scaling;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Tests.Scaling;

/// <summary>Pages and pictures of fits and plans.</summary>
public sealed class ScalingReportTests : IDisposable
{
    static readonly ChinchillaLaw law = new(482.01, 2085.43, 1.817, 0.3478, 0.3658);
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Six budgets of five sizes, with curves, noise scales and accuracies.</summary>
    static ScalingRun[] Runs() =>
        [.. (from c in new[] { 1e18, 3e18, 1e19, 3e19, 1e20, 3e20 } from f in new[] { 0.3, 0.6, 1, 1.7, 3 } select (C: c, N: f * law.Optimum(c).Parameters))
            .Select((x, i) => new ScalingRun
        {
            Row = i + 1,
            Name = $"run <{i}>",
            Parameters = x.N,
            Tokens = x.C / 6 / x.N,
            Flops = x.C,
            Loss = law.Loss(x.N, x.C / 6 / x.N),
            NoiseScale = new CriticalBatchLaw(2e8, 0.21).At(law.Loss(x.N, x.C / 6 / x.N)),
            Accuracy = new AccuracyLaw(0.25, 0.9, 4, 2.6).At(law.Loss(x.N, x.C / 6 / x.N)),
            Curve = [.. Enumerable.Range(1, 20).Select(k => new CurvePoint(x.C / 6 / x.N * k / 20, law.Loss(x.N, x.C / 6 / x.N * k / 20)))],
        })];

    // it is drawn in the verb's test, after its 4,500 starts
    public static TheoryData<string> Laws() => [.. ScalingLaw.Names.Where(l => l != ScalingLaw.Chinchilla)];

    [Theory]
    [MemberData(nameof(Laws))]
    public void Every_law_has_its_pictures_and_a_page_of_its_own(string name)
    {
        var runs = name == ScalingLaw.OfSize
            ? [.. Runs().Select((r, i) =>
            r with { Parameters = 1e7 * Math.Pow(1.2, i), Flops = 6e19 * Math.Pow(1.2, i), Tokens = 1e12, Loss = law.Loss(1e7 * Math.Pow(1.2, i), 1e12) })]
            : Runs();
        foreach (var bootstrap in new[] { 0, 25 })
        {
            var fit = ScalingLaw.Fit("runs", runs, name, new FitOptions { Bootstrap = bootstrap, Threads = 2, HeldOut = [30] },
                TestContext.Current.CancellationToken);
            ScalingReport.WritePictures(folder["plots"], fit, runs);
            ScalingReport.Write(folder["fit.html"], "runs & more", fit, runs);
        }
        var pictures = Directory.GetFiles(folder["plots"], "*.svg");
        Assert.True(pictures.Length >= 2);
        foreach (var picture in pictures)
        {
            var svg = XElement.Parse(File.ReadAllText(picture));
            Assert.Equal("svg", svg.Name.LocalName);
            Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("∞", svg.ToString(), StringComparison.Ordinal);
        }
        var page = File.ReadAllText(folder["fit.html"]);
        Assert.Contains("runs &amp; more", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("run <", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScalingLaw.Kaplan)]
    [InlineData(ScalingLaw.IsoFlop)]
    [InlineData(ScalingLaw.Envelope)]
    public void A_fit_that_is_no_law_is_drawn_as_its_runs(string name)
    {
        var fit = ScalingLaw.Fit("runs", Runs(), name, new FitOptions { Bootstrap = 0 }, TestContext.Current.CancellationToken);
        double[] nothing = [.. fit.Numbers.Select(_ => double.NaN)];
        var loose = fit with { Replicates = [.. Enumerable.Repeat(nothing, 30)] };
        ScalingReport.WritePictures(folder["loose"], loose, Runs());
        Assert.Contains("size.svg", Directory.GetFiles(folder["loose"]).Select(Path.GetFileName));
        ScalingReport.WritePictures(folder["none"],
            loose with
            {
                Numbers = [.. fit.Numbers.Select(n => n with { Value = double.NaN })],
                Fitted = [.. fit.Fitted.Select(p => p with { Predicted = double.NaN })]
            }, Runs());
        var pictures = Directory.GetFiles(folder["none"]);
        Assert.Contains("envelope.svg", pictures.Select(Path.GetFileName));
        Assert.DoesNotContain("size.svg", pictures.Select(Path.GetFileName));
        Assert.All(pictures.Concat(Directory.GetFiles(folder["loose"])), p => Assert.DoesNotContain("NaN", File.ReadAllText(p), StringComparison.Ordinal));
    }

    [Fact]
    public void Bands_pass_over_places_where_no_replicate_says_anything()
    {
        var fit = ScalingLaw.Fit("runs", Runs(), ScalingLaw.CriticalBatch, new FitOptions { Bootstrap = 0 }, TestContext.Current.CancellationToken);
        ScalingReport.WritePictures(folder["plots"], fit with { Replicates = [.. Enumerable.Repeat<double[]>([double.NaN, double.NaN], 30)] }, Runs());
        Assert.DoesNotContain("NaN", File.ReadAllText(folder["plots/batch.svg"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_says_what_to_train_in_words()
    {
        var by = PlanLaw.Of(PublishedLaws.Besiroglu);
        var plan = Planner.Make(by,
            new PlanRequest { Flops = 1e21, Hardware = Accelerator.Find("h100"), HourlyPrice = 2, ServedTokens = 1e12, UniqueTokens = 1e10 });
        string[] named = ["law", "training FLOPs", "parameters", "tokens", "tokens per parameter", "expected loss", "shape", "memory to train",
            "memory to serve", "time", "price", "repeats", "with serving"];
        Assert.Equal(named, PlanReport.Lines(plan).Select(l => l.Name));
        PlanReport.Write(folder["plan.html"], by, plan);
        Assert.Contains("<svg", File.ReadAllText(folder["plan.html"]), StringComparison.Ordinal);
    }
}
