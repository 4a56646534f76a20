using System.Globalization;
using System.Text;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Scaling;

namespace Nonet.Recipes.Evaluation;

/// <summary>Evaluations as self-contained HTML pages: figures, curves, and all requests with filters.</summary>
static class EvaluationReport
{
    const string PageName = "index.html";

    /// <summary>The name of a kind in files.</summary>
    public static string NameOf(EvaluationKind kind) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>Writes index.html into the folder of an evaluation, and its curves as SVG.</summary>
    public static void Write(EvaluationFolder folder, IReadOnlyList<TaskResult> results)
    {
        var page = new StringBuilder(1 << 18);
        RunPage.Head(page, $"{folder.Info.Model}: evaluation", refresh: null);
        Header(page, folder.Info.Model, $"{results.Sum(r => r.Items.Count):N0} items");
        foreach (var note in from r in results from n in r.Notes select $"{r.Task}, {r.Shots} shots: {n}")
            page.Append("<p class=\"message\">").Append(RunPage.Text(note)).Append("</p>\n");
        page.Append("<section class=\"plots\">\n");
        foreach (var chart in new[] { EvaluationCharts.OfShots(results), EvaluationCharts.OfVotes(results) }.OfType<Chart>())
        {
            var svg = ChartPlot.Svg(chart);
            AtomicFile.WriteText(Path.Combine(folder.FullPath, $"{chart.Id}.svg"), svg);
            page.Append("<figure><figcaption>").Append(RunPage.Text(chart.Title)).Append("</figcaption>").Append(svg).Append("</figure>\n");
        }
        page.Append("</section>\n");
        ScalingReport.Table(page, "Figures", ["task", "shots", "metric", "value", "standard error", "95 % interval", "items"], from r in results
                                                                                                                               from f in r.Figures
                                                                                                                               select (string[])
            [r.Task, Whole(r.Shots), f.Metric, Number(f.Estimate.Value), Number(f.Estimate.StandardError),
                $"{Number(f.Estimate.Interval.Low)} to {Number(f.Estimate.Interval.High)}", Whole(f.Estimate.Items)]);
        RequestTable.Write(page, [.. results.SelectMany(r => r.Items).Select(i => (i, (ItemResult?)null))], folder.Info.Model, null);
        End(page, folder.Info.Command);
        AtomicFile.WriteText(Path.Combine(folder.FullPath, PageName), page.ToString());
    }

    /// <summary>Writes a page with the answers of two models side by side.</summary>
    public static void WriteComparison(string file, EvaluationFolder a, EvaluationFolder b, IReadOnlyList<ComparedFigure> figures)
    {
        var page = new StringBuilder(1 << 18);
        RunPage.Head(page, $"{a.Info.Model} and {b.Info.Model}", refresh: null);
        Header(page, $"{a.Info.Model} and {b.Info.Model}", "comparison");
        if (EvaluationCharts.OfModels(a, b) is { } chart)
            page.Append("<section class=\"plots\">\n<figure><figcaption>").Append(RunPage.Text(chart.Title)).Append("</figcaption>")
                .Append(ChartPlot.Svg(chart)).Append("</figure>\n</section>\n");
        ScalingReport.Table(page, "Figures", ["task", "shots", "metric", a.Info.Model, b.Info.Model, "difference", "95 % interval", "p", "items"],
            figures.Select(f => (string[])
            [f.Task, Whole(f.Shots), f.Metric, Number(f.A), Number(f.B), Number(f.Test.Difference),
                $"{Number(f.Test.Interval.Low)} to {Number(f.Test.Interval.High)}", Number(f.Test.PValue), Whole(f.Test.Items)]));
        var others = b.Items().ToDictionary(i => (i.Task, i.Shots, i.Item));
        RequestTable.Write(page,
            [.. a.Items().Where(i => others.ContainsKey((i.Task, i.Shots, i.Item))).Select(i => (i, (ItemResult?)others[(i.Task, i.Shots, i.Item)]))],
            a.Info.Model, b.Info.Model);
        End(page, null);
        AtomicFile.WriteText(file, page.ToString());
    }

    static void Header(StringBuilder page, string title, FormattableString state) => Header(page, title, FormattableString.Invariant(state));

    static void Header(StringBuilder page, string title, string state) =>
        page.Append("<header><h1>").Append(RunPage.Text(title)).Append("</h1><p class=\"state\">").Append(RunPage.Text(state)).Append("</p></header>\n");

    static void End(StringBuilder page, string? command)
    {
        if (command is not null)
            page.Append("<section><h2>Command</h2><pre>").Append(RunPage.Text(command)).Append("</pre></section>\n");
        page.Append("</main>\n</body>\n</html>\n");
    }

    static string Number(double x) => x.ToString("0.0000", CultureInfo.InvariantCulture);

    static string Whole(int n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
