using System.Globalization;
using System.Net;
using System.Text;

namespace Nonet.Recipes.Runs;

/// <summary>A run as one self-contained HTML page: no script, no font, no network. It reloads itself while the run is active.</summary>
static class RunPage
{
    const int RefreshSeconds = 10, MostSamples = 20, MostStages = 5;

    /// <summary>Facts on the page that are not in the history.</summary>
    public sealed record Facts
    {
        public required string Name { get; init; }
        public required string Model { get; init; }
        public required long Parameters { get; init; }
        public required string Unit { get; init; }
        public required RunStatus Status { get; init; }
        public required TimeSpan Remaining { get; init; }
        public required string Started { get; init; }
        public string? Commit { get; init; }

        /// <summary>Names of the checkpoints. <see cref="Best"/> and <see cref="Last"/> are two of them.</summary>
        public required IReadOnlyList<string> Checkpoints { get; init; }
        public string? Best { get; init; }
        public string? Last { get; init; }

        /// <summary>The recipe, or the options if there is no recipe.</summary>
        public required string Recipe { get; init; }
    }

    public static string Html(Facts facts, RunHistory history, IReadOnlyList<(string Title, string Svg)> plots)
    {
        var running = facts.Status.State == RunState.Running;
        var page = new StringBuilder(1 << 16);
        Head(page, $"{facts.Name} · {RunStatus.Name(facts.Status.State)}", running ? RefreshSeconds : null);
        page.Append("<header><h1>").Append(Text(facts.Name)).Append("</h1><p class=\"state ").Append(RunStatus.Name(facts.Status.State)).Append("\">")
            .Append(RunStatus.Name(facts.Status.State)).Append("</p></header>\n");
        if (facts.Status.Message is { } message)
            page.Append("<p class=\"message\">").Append(Text(message)).Append("</p>\n");
        if (facts.Status.Steps > 0)
            page.Append(CultureInfo.InvariantCulture,
                $"<progress max=\"{facts.Status.Steps}\" value=\"{facts.Status.Step}\" aria-label=\"steps made\"></progress>\n");
        Numbers(page, facts, history);
        page.Append("<section class=\"plots\">\n");
        foreach (var (title, svg) in plots)
            page.Append("<figure><figcaption>").Append(Text(title)).Append("</figcaption>").Append(svg).Append("</figure>\n");
        page.Append("</section>\n");
        Samples(page, history.Samples);
        Checkpoints(page, facts);
        foreach (var back in history.Rollbacks)
            page.Append(CultureInfo.InvariantCulture,
                $"<p class=\"message\">Step {back.From:N0}: {Text(back.Reason)}; rolled back to step {back.Step:N0}.</p>\n");
        page.Append("<section><h2>Recipe</h2><pre>").Append(Text(facts.Recipe)).Append("</pre></section>\n");
        page.Append("<footer>").Append(running
            ? $"Written {Now()}. Reloads every {RefreshSeconds} s. If this time does not change, the process was killed: resume the run."
            : $"Written {Now()}.").Append("</footer>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    /// <summary>The beginning of a page up to and including &lt;main&gt;.</summary>
    public static void Head(StringBuilder page, string title, int? refresh)
    {
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, "
            + "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
        if (refresh is { } seconds)
            page.Append(CultureInfo.InvariantCulture, $"<meta http-equiv=\"refresh\" content=\"{seconds}\">\n");
        page.Append("<title>").Append(Text(title)).Append("</title>\n<style>\n").Append(Style).Append("</style>\n</head>\n<body>\n<main>\n");
    }

    public static string Text(string text) => WebUtility.HtmlEncode(text);

    static void Numbers(StringBuilder page, Facts facts, RunHistory history)
    {
        page.Append("<dl class=\"numbers\">\n");
        Number("model", $"{facts.Model}, {facts.Parameters:N0} weights");
        Number("step", $"{facts.Status.Step:N0} of {facts.Status.Steps:N0}");
        if (history.Last is { } last)
        {
            Number("tokens", $"{last.Tokens:N0}");
            Number("training loss", $"{last.Loss:0.0000} {facts.Unit}");
            Number("speed", $"{last.TokensPerSecond:N0} tokens/s");
            Number("training time", $"{LineReport.Duration(last.Training)}");
        }
        if (facts.Status.State == RunState.Running && history.Last is not null)
            Number("time to go", $"{LineReport.Duration(facts.Remaining)}");
        if (history.Best is { } best)
            Number("best held out", $"{LineReport.Line(best)}, at step {best.Step:N0}");
        Number("started", $"{facts.Started}");
        if (facts.Commit is { } commit)
            Number("git commit", $"{(commit.Length > 12 ? commit[..12] : commit)}");
        page.Append("</dl>\n");

        void Number(string name, FormattableString value) =>
            page.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(Text(FormattableString.Invariant(value))).Append("</dd></div>\n");
    }

    static void Samples(StringBuilder page, List<Sampled> samples)
    {
        if (samples.Count == 0)
            return;
        if (samples.GroupBy(s => s.Step).Any(g => g.Select(s => s.Prompt).Distinct().Count() > 1))
        {
            Stages(page, samples);
            return;
        }
        page.Append("<section><h2>Samples</h2>\n");
        for (var i = samples.Count - 1; i >= Math.Max(0, samples.Count - MostSamples); i--)
        {
            page.Append(CultureInfo.InvariantCulture, $"<details{(i == samples.Count - 1 ? " open" : "")}><summary>step {samples[i].Step:N0}</summary><pre><b>")
                .Append(Text(samples[i].Prompt)).Append("</b>").Append(Text(samples[i].Text)).Append("</pre></details>\n");
        }
        if (samples.Count > MostSamples)
            page.Append(CultureInfo.InvariantCulture, $"<p>The newest {MostSamples} of {samples.Count:N0}; all are in samples.jsonl.</p>\n");
        page.Append("</section>\n");
    }

    /// <summary>A table of samples, with a row for each prompt and a column for each of several steps.</summary>
    static void Stages(StringBuilder page, List<Sampled> samples)
    {
        int[] steps = [.. samples.Select(s => s.Step).Distinct().Order()];
        if (steps.Length > MostStages)
            steps = [.. Enumerable.Range(0, MostStages).Select(i => steps[i * (steps.Length - 1) / (MostStages - 1)])];
        page.Append("<section><h2>Samples by stage</h2>\n<div class=\"wide\"><table>\n<tr><th>prompt</th>");
        foreach (var step in steps)
            page.Append(CultureInfo.InvariantCulture, $"<th>step {step:N0}</th>");
        page.Append("</tr>\n");
        foreach (var row in samples.GroupBy(s => s.Prompt).Take(MostSamples))
        {
            page.Append("<tr><td>").Append(Text(row.Key)).Append("</td>");
            foreach (var step in steps)
                page.Append("<td>").Append(Text(row.LastOrDefault(s => s.Step == step)?.Text ?? "")).Append("</td>");
            page.Append("</tr>\n");
        }
        page.Append("</table></div>\n<p>All samples are in samples.jsonl.</p></section>\n");
    }

    static void Checkpoints(StringBuilder page, Facts facts)
    {
        if (facts.Checkpoints.Count == 0)
            return;
        page.Append("<section><h2>Checkpoints</h2><ul>\n");
        foreach (var name in facts.Checkpoints)
        {
            string[] marks = [.. name == facts.Best ? new[] { "best" } : [], .. name == facts.Last ? new[] { "last" } : []];
            page.Append("<li><code>checkpoints/").Append(Text(name)).Append("</code>").Append(marks.Length > 0 ? $" ({string.Join(", ", marks)})" : "")
                .Append("</li>\n");
        }
        page.Append("</ul></section>\n");
    }

    static string Now() => DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    const string Style = """
        :root { --paper: #fff; --ink: #1b1f24; --faint: #5d6670; --line: #d8dde3; --box: #f5f7f9; --accent: #2a7fd4; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #14171a; --ink: #e6e9ec; --faint: #9aa4ae; --line: #353b42; --box: #1d2125; --accent: #5aa2ea; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 960px; margin: 0 auto; padding: 16px; }
        header { margin-bottom: 12px; display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; }
        h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 24px 0 8px; }
        .state { margin: 0; padding: 0 10px; border: 1px solid var(--line); border-radius: 12px; color: var(--faint); }
        .running { border-color: var(--accent); color: var(--accent); } .diverged, .failed { border-color: #d05050; color: #d05050; }
        .message { border-left: 3px solid #d05050; padding-left: 12px; overflow-wrap: anywhere; }
        progress { width: 100%; height: 10px; margin: 12px 0 4px; accent-color: var(--accent); }
        .numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 10px 24px; margin: 12px 0; }
        dt, footer, figcaption { color: var(--faint); font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 12px; }
        figure { margin: 0; padding: 10px; background: var(--box); border-radius: 8px; min-width: 0; }
        svg { width: 100%; height: auto; display: block; } svg text { fill: var(--ink) !important; }
        pre { margin: 0; padding: 12px; background: var(--box); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
        details { margin: 6px 0; } summary { cursor: pointer; } summary + pre { margin-top: 6px; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; }
        th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; vertical-align: top; }
        .wide { overflow-x: auto; } footer { margin: 24px 0 8px; }

        """;
}
