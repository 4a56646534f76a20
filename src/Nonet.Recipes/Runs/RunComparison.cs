using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Training;

namespace Nonet.Recipes.Runs;

/// <summary>Compares several runs.</summary>
sealed class RunComparison
{
    const string Absent = "absent";
    readonly IReadOnlyList<RunHistory> histories;

    RunComparison(IReadOnlyList<RunSummary> runs, IReadOnlyList<RunHistory> histories)
    {
        (Runs, this.histories) = (runs, histories);
        Names = [.. runs.Select(run =>
            runs.Count(other => other.Name == run.Name) > 1 ? Path.GetRelativePath(Directory.GetCurrentDirectory(), run.Folder) : run.Name)];
        Dictionary<string, string>[] options = [.. runs.Select(run => OptionDifferences.Flatten(run.Info.Options))];
        Differences = [.. options.SelectMany(o => o.Keys).Distinct().Order(StringComparer.Ordinal)
            .Select(key => (key, (IReadOnlyList<string>)[.. options.Select(o => o.GetValueOrDefault(key, Absent))]))
            .Where(d => d.Item2.Distinct().Count() > 1)];
    }

    /// <summary>The compared runs.</summary>
    public IReadOnlyList<RunSummary> Runs { get; }

    /// <summary>Names of the runs: the names of their folders, or paths if these are not distinct.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Options that differ, with the value in each run as JSON.</summary>
    public IReadOnlyList<(string Option, IReadOnlyList<string> Values)> Differences { get; }

    /// <summary>Whether the losses are comparable: they have one unit, and tokens of one tokenizer.</summary>
    public bool HasSameLoss => Runs.Select(run => run.Info.Unit).Distinct().Count() == 1
        && Runs.SelectMany(run => OptionDifferences.Flatten(run.Info.Options)).Where(o => o.Key.EndsWith(".tokenizer", StringComparison.Ordinal))
            .Select(o => o.Value).Distinct().Count() <= 1;

    /// <summary>Results of each run.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Results =>
    [
        Row("weights", run => $"{run.Info.Parameters:N0}"),
        Row("state", run => $"{RunStatus.Name(run.Status.State)}"),
        Row("step", run => $"{run.Status.Step:N0}"),
        Row("tokens", run => $"{run.Last?.Tokens:N0}"),
        Row("training time", run => $"{(run.Last is { } last ? LineReport.Duration(last.Training) : "")}"),
        Row($"training loss{(HasSameLoss ? "" : ", own unit")}", run => $"{run.Last?.Loss:0.0000}"),
        Row($"best held-out loss{(HasSameLoss ? "" : ", own unit")}", run => $"{run.Best?.Loss:0.0000}"),
        Row("best bits per byte", run => $"{run.Best?.BitsPerByte:0.000}"),
    ];

    /// <summary>Reads run folders. Throws if a folder is not a run folder.</summary>
    public static RunComparison Of(IEnumerable<string> folders)
    {
        var histories = folders.Select(folder => (Folder: folder, History: RunFolder.HistoryOf(folder))).ToArray();
        return new RunComparison([.. histories.Select(h => RunSummary.Read(h.Folder, h.History))], [.. histories.Select(h => h.History)]);
    }

    /// <summary>Writes one page with the tables and the curves of all runs in shared plots.</summary>
    public void WritePage(string path)
    {
        var page = new StringBuilder();
        RunPage.Head(page, string.Join(", ", Names), refresh: null);
        page.Append("<header><h1>").Append(RunPage.Text(string.Join(", ", Names))).Append("</h1></header>\n<section class=\"plots\">\n");
        if (!HasSameLoss)
            Figure(page, "Held-out loss, bits per byte", "bits",
                h => new Curve("", [.. h.Evaluations.Where(e => e.BitsPerByte is not null).Select(e => ((double)e.Step, e.BitsPerByte!.Value))], Marked: true));
        var unit = HasSameLoss ? Runs[0].Info.Unit : "each run in its own unit and tokens: compare bits per byte instead";
        Figure(page, $"Held-out loss, {unit}", "held-out", h => new Curve("", [.. h.Evaluations.Select(e => ((double)e.Step, e.Loss))], Marked: true));
        Figure(page, $"Training loss, {unit}", "loss", h => Curve.Of("", h.Steps, s => s.Loss));
        Figure(page, "Learning rate", "rate", h => Curve.Of("", h.Steps, s => s.LearningRate));
        Figure(page, "Norm of the gradients before clipping", "norm", h => Curve.Of("", h.Steps, s => s.GradientNorm));
        Figure(page, "Speed, tokens/s", "speed", h => Curve.Of("", h.Steps, s => s.TokensPerSecond));
        page.Append("</section>\n");
        Table(page, "Results", Results);
        Table(page, "Options that differ", Differences);
        page.Append("</main>\n</body>\n</html>\n");
        AtomicFile.WriteText(path, page.ToString());
    }

    void Figure(StringBuilder page, string title, string id, Func<RunHistory, Curve> curve)
    {
        Curve[] curves = [.. histories.Select((h, i) => curve(h) with { Name = Names[i] })];
        page.Append("<figure><figcaption>").Append(title).Append("</figcaption>").Append(Plot.Svg(id, curves)).Append("</figure>\n");
    }

    void Table(StringBuilder page, string title, IReadOnlyList<(string Name, IReadOnlyList<string> Values)> rows)
    {
        page.Append("<section><h2>").Append(title).Append("</h2>\n<div class=\"wide\"><table>\n<tr><th></th>");
        foreach (var name in Names)
            page.Append("<th>").Append(RunPage.Text(name)).Append("</th>");
        page.Append("</tr>\n");
        foreach (var (name, values) in rows)
        {
            page.Append("<tr><th>").Append(RunPage.Text(name)).Append("</th>");
            foreach (var value in values)
                page.Append("<td>").Append(RunPage.Text(value)).Append("</td>");
            page.Append("</tr>\n");
        }
        page.Append(rows.Count == 0 ? "<tr><td>none</td></tr>\n" : "").Append("</table></div></section>\n");
    }

    (string, IReadOnlyList<string>) Row(string name, Func<RunSummary, FormattableString> value) =>
        (name, [.. Runs.Select(run => value(run).ToString(CultureInfo.InvariantCulture))]);
}
