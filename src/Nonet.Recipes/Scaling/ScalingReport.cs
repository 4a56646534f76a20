using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Scaling;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>A fit as one self-contained HTML page, or as charts in a folder.</summary>
static class ScalingReport
{
    const int WorstShown = 8;

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">Name of the set of runs.</param>
    /// <param name="fit">The fit.</param>
    /// <param name="runs">All runs of the table, for the charts.</param>
    public static void Write(string path, string name, LawFit fit, IReadOnlyList<ScalingRun> runs)
    {
        var page = new StringBuilder(1 << 17);
        RunPage.Head(page, $"{name}: {fit.Law}", refresh: null);
        page.Append("<header><h1>").Append(RunPage.Text($"{name}: {fit.Law}")).Append("</h1><p class=\"state\">").Append(RunPage.Text(fit.Formula))
            .Append("</p></header>\n");
        foreach (var warning in fit.Warnings)
            page.Append("<p class=\"message\">").Append(RunPage.Text(warning)).Append("</p>\n");
        Pictures(page, FitCharts.Of(fit, runs));
        Numbers(page, "Numbers", fit);
        if (fit.WithFloor is { } floored)
            Numbers(page, $"The same with a floor: {floored.Formula}", floored);
        Points(page, fit.Points);
        Predictions(page, "Held-out runs", fit.HeldOut);
        Predictions(page, "Runs that the law misses most", [.. fit.Fitted.OrderByDescending(p => Math.Abs(p.RelativeError)).Take(WorstShown)]);
        page.Append("<section><h2>How</h2><ul>\n<li>").Append(RunPage.Text(fit.Method)).Append("</li>\n");
        foreach (var note in fit.Notes)
            page.Append("<li>").Append(RunPage.Text(note)).Append("</li>\n");
        page.Append("</ul></section>\n<footer>Intervals hold 95 % of ").Append(fit.Replicates.Count.ToString("N0", CultureInfo.InvariantCulture))
            .Append(" bootstrap refits. They describe the scatter of these runs, not the error of extrapolating the "
            + "law.</footer>\n</main>\n</body>\n</html>\n");
        AtomicFile.WriteText(path, page.ToString());
    }

    /// <summary>Writes each chart to a folder as an SVG file.</summary>
    public static void WritePictures(string folder, LawFit fit, IReadOnlyList<ScalingRun> runs)
    {
        foreach (var chart in FitCharts.Of(fit, runs))
            AtomicFile.WriteText(Path.Combine(folder, chart.Id + ".svg"), ChartPlot.Svg(chart));
    }

    internal static void Pictures(StringBuilder page, IEnumerable<Chart> charts)
    {
        page.Append("<section class=\"plots\">\n");
        foreach (var chart in charts)
            page.Append("<figure><figcaption>").Append(RunPage.Text(chart.Title)).Append("</figcaption>").Append(ChartPlot.Svg(chart)).Append("</figure>\n");
        page.Append("</section>\n");
    }

    internal static void Table(StringBuilder page, string title, string[] head, IEnumerable<string[]> rows)
    {
        page.Append("<section><h2>").Append(RunPage.Text(title)).Append("</h2>\n<div class=\"wide\"><table>\n<tr>")
            .AppendJoin("", head.Select(h => $"<th>{RunPage.Text(h)}</th>")).Append("</tr>\n");
        foreach (var row in rows)
            page.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{RunPage.Text(cell)}</td>")).Append("</tr>\n");
        page.Append("</table></div></section>\n");
    }

    static void Numbers(StringBuilder page, string title, LawFit fit) =>
        Table(page, title, ["", "value", "2.5 %", "97.5 %", "standard error"], [
            .. fit.Numbers.Concat(fit.Derived)
                .Select(n => (string[])[n.Name, ShortNumber.Of(n.Value), n.Low is { } low ? ShortNumber.Of(low) : "",
                n.High is { } high ? ShortNumber.Of(high) : "", n.StandardError is { } s ? ShortNumber.Of(s) : ""]),
            ["objective", ShortNumber.Of(fit.Objective), "", "", ""], ["R2", fit.RSquared.ToString("0.00000", CultureInfo.InvariantCulture), "", "", ""]]);

    static void Points(StringBuilder page, IReadOnlyList<FrontierPoint> points)
    {
        if (points.Count > 0)
            Table(page, "Minima", ["FLOPs", "best parameters", "best tokens", "loss", ""],
                points.Select(p => (string[])[ShortNumber.Of(p.Flops), ShortNumber.Of(p.Parameters), ShortNumber.Of(p.Tokens), ShortNumber.Of(p.Loss),
                p.Discarded is { } why ? $"discarded: {why}" : ""]));
    }

    static void Predictions(StringBuilder page, string title, IReadOnlyList<Prediction> predictions)
    {
        if (predictions.Count > 0)
            Table(page, title, ["run", "parameters", "tokens", "measured", "predicted", "off by"],
                predictions.Select(p =>
                (string[])[p.Run.Label, ShortNumber.Of(p.Run.Parameters), ShortNumber.Of(p.Run.Tokens), ShortNumber.Of(p.Measured), ShortNumber.Of(p.Predicted),
                p.RelativeError.ToString("+0.00 %;-0.00 %", CultureInfo.InvariantCulture)]));
    }
}
