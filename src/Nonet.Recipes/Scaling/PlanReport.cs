using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>A plan as text and as a page.</summary>
static class PlanReport
{
    const int LinePoints = 60;

    /// <summary>The plan as names and values.</summary>
    public static IReadOnlyList<(string Name, string Value)> Lines(Plan plan)
    {
        var lines = new List<(string, string)>
        {
            ("law", plan.Law),
            ("training FLOPs", Text(plan.Flops)),
            (plan.Counting == ParameterCounting.All ? "parameters" : "non-embedding params", Text(plan.Parameters)),
            ("tokens", Text(plan.Tokens)),
            ("tokens per parameter", ShortNumber.Of(plan.TokensPerParameter)),
            ("expected loss", Text(plan.Loss)),
            ("shape", string.Create(CultureInfo.InvariantCulture,
                $"{plan.Shape.Layers} layers, {plan.Shape.Width} wide, {plan.Shape.Heads} heads: {ShortNumber.Of(plan.Shape.Parameters)} parameters, "
                + $"{ShortNumber.Of(plan.Shape.NonEmbedding)} without embeddings")),
            ("memory to train",
                string.Create(CultureInfo.InvariantCulture,
                $"{plan.Memory.Weights / 1e9:0.0} GB for weights, gradients and moments, {plan.Memory.Activations / 1e9:0.0} GB for a sequence")),
            ("memory to serve",
                string.Create(CultureInfo.InvariantCulture,
                $"{plan.Memory.Serving / 1e9:0.0} GB in 16 bits, {plan.Memory.CachePerToken / 1e3:0.0} KB for each token of context")),
        };
        if (plan.Hardware is { } hardware)
        {
            lines.Add(("time",
                string.Create(CultureInfo.InvariantCulture,
                $"{ShortNumber.Of(plan.AcceleratorHours!.Value)} hours of "
                + $"{hardware.Name}{(plan.Duration is { } d ? $": {Span(d)} on {plan.Accelerators}" : "")}")));
            if (plan.Price is { } price)
                lines.Add(("price", price.ToString("N0", CultureInfo.InvariantCulture)));
        }
        if (plan.Repeats is { } repeats)
            lines.Add(("repeats",
                string.Create(CultureInfo.InvariantCulture,
                $"{repeats.Epochs:0.00} epochs over {ShortNumber.Of(repeats.UniqueTokens)} tokens, worth {ShortNumber.Of(repeats.EffectiveTokens)} fresh "
                + $"ones; with fresh tokens the optimum would be {ShortNumber.Of(repeats.Fresh.Parameters)} parameters and a loss of "
                + $"{ShortNumber.Of(repeats.Fresh.Loss)}")));
        if (plan.Serving is { } serving)
            lines.Add(("with serving",
                string.Create(CultureInfo.InvariantCulture,
                $"for {ShortNumber.Of(serving.ServedTokens)} served tokens, {ShortNumber.Of(serving.Parameters)} parameters on "
                + $"{ShortNumber.Of(serving.Tokens)} tokens reach the same loss for {serving.SharePaid:0.0 %} of the cost of training and serving")));
        return lines;
    }

    /// <summary>Writes the page.</summary>
    public static void Write(string path, PlanLaw law, Plan plan)
    {
        var page = new StringBuilder(1 << 16);
        RunPage.Head(page, $"Plan by {law.Name}", refresh: null);
        page.Append("<header><h1>Plan</h1><p class=\"state\">").Append(RunPage.Text(law.Name)).Append("</p></header>\n");
        foreach (var warning in plan.Warnings)
            page.Append("<p class=\"message\">").Append(RunPage.Text(warning)).Append("</p>\n");
        ScalingReport.Table(page, "What to train", ["", ""], Lines(plan).Select(l => (string[])[l.Name, l.Value]));
        if (plan.Smaller.Count > 1)
            ScalingReport.Table(page, "Smaller models of the same loss",
                ["parameters", "tokens", "training FLOPs", "times the plan's", "pays after tokens served"],
                plan.Smaller.Select(s =>
                    (string[])[ShortNumber.Of(s.Parameters), ShortNumber.Of(s.Tokens), ShortNumber.Of(s.TrainingFlops), ShortNumber.Of(s.Overhead),
                    s.BreakEvenTokens is { } t ? ShortNumber.Of(t) : ""]));
        ScalingReport.Pictures(page, Charts(law, plan));
        page.Append("</main>\n</body>\n</html>\n");
        AtomicFile.WriteText(path, page.ToString());
    }

    static List<Chart> Charts(PlanLaw law, Plan plan)
    {
        var c = plan.Flops.Value;
        double[] places = [.. Enumerable.Range(0, LinePoints).Select(i => c * Math.Pow(10, -3 + 4.0 * i / (LinePoints - 1)))];
        var charts = new List<Chart>
        {
            new("frontier", "The best loss for each number of FLOPs", new ChartAxis("training FLOPs"), new ChartAxis("loss, nats per token"))
            {
                Series = [new ChartSeries("law", ChartStyle.Line, 0, [.. places.Select(x => (x, law.Frontier.Optimum(x).Loss))]),
                    new ChartSeries("plan", ChartStyle.Rings, 7, [(c, plan.Loss.Value)])],
            },
        };
        if (law.Surface is { } surface)
        {
            double[] sizes = [.. Enumerable.Range(0, LinePoints).Select(i => plan.Parameters.Value * Math.Pow(10, -1 + 2.0 * i / (LinePoints - 1)))];
            charts.Add(new Chart("size", "Other sizes for the same FLOPs, on fresh tokens", new ChartAxis("parameters"), new ChartAxis("loss, nats per token"))
            {
                Series = [new ChartSeries("law", ChartStyle.Line, 0, [.. sizes.Select(n => (n, surface.Loss(n, c / 6 / n)))]),
                    new ChartSeries("plan", ChartStyle.Rings, 7, [(plan.Parameters.Value, plan.Loss.Value)])],
            });
        }
        return charts;
    }

    static string Text(Estimate e) =>
        e is { Low: { } low, High: { } high } ? $"{ShortNumber.Of(e.Value)} ({ShortNumber.Of(low)} to {ShortNumber.Of(high)})" : ShortNumber.Of(e.Value);

    static string Span(TimeSpan span) =>
        span.TotalDays >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.0} days") : LineReport.Duration(span);
}
