using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Scaling;
using Nonet.ToolUse.Annotation;

namespace Nonet.Recipes.Annotation;

/// <summary>The funnels of an annotation as one self-contained page: the calls that passed each stage, why a stage stopped all, and examples.</summary>
static class FunnelPage
{
    /// <summary>Readable names of a funnel's stages, and the number that passed each.</summary>
    public static IReadOnlyList<(string Stage, long Count)> Rows(ToolFunnel funnel) =>
    [
        ("texts", funnel.Texts), ("chosen for the tool", funnel.Chosen), ("with a likely position", funnel.TextsWithPositions),
        ("positions tried", funnel.Positions), ("calls sampled", funnel.Sampled), ("closed", funnel.Closed), ("parsed", funnel.Parsed),
        ("different calls", funnel.Calls), .. funnel.LookingAhead > 0 ? [("without those that look ahead", funnel.Calls - funnel.LookingAhead)] : RowsOfNone,
        .. funnel.Outcomes.OrderBy(o => o.Key).Select(o => (InWords(o.Key), o.Value)),
        .. funnel.Kept.Select(k => (string.Create(CultureInfo.InvariantCulture, $"kept at {k.Threshold}"), k.Calls)),
        ("kept at its own threshold", funnel.Count(FunnelStage.Kept)),
        ("inserted, one a position", funnel.Inserted), ("examples kept", funnel.Examples), ("texts dropped", funnel.Texts - funnel.Examples),
    ];

    static readonly (string, long)[] RowsOfNone = [];

    internal static void Write(AnnotateResult result, AnnotateRecipe recipe)
    {
        var page = new StringBuilder(1 << 16);
        RunPage.Head(page, $"{recipe.Name}: annotation", refresh: null);
        page.Append("<header><h1>").Append(RunPage.Text(recipe.Name))
            .Append(CultureInfo.InvariantCulture, $"</h1><p class=\"state\">{result.Texts:N0} texts</p></header>\n");
        foreach (var (funnel, i) in result.Funnels.Select((f, i) => (f, i)))
        {
            if (result.Reasons[i] is { } reason)
                page.Append("<p class=\"message\">").Append(RunPage.Text($"{funnel.Tool}: {reason}")).Append("</p>\n");
            ScalingReport.Table(page, funnel.Tool, ["stage", "number", "of the stage before"], WithShares(funnel));
            foreach (var (stage, examples) in funnel.Seen.OrderBy(s => s.Key))
                Examples(page, funnel, stage, examples);
        }
        page.Append("<section><h2>Recipe</h2><pre>").Append(RunPage.Text(recipe.ToYaml())).Append("</pre></section>\n</main>\n</body>\n</html>\n");
        AtomicFile.WriteText(result.Page, page.ToString());
    }

    static IEnumerable<string[]> WithShares(ToolFunnel funnel)
    {
        (string Stage, long Of)[] shares =
        [
            ("chosen for the tool", funnel.Texts), ("with a likely position", funnel.Chosen), ("closed", funnel.Sampled), ("parsed", funnel.Closed),
            ("without those that look ahead", funnel.Calls), (InWords(ToolUse.ToolOutcome.Answered), funnel.Calls - funnel.LookingAhead),
            .. Rows(funnel).Where(r => r.Stage.StartsWith("kept", StringComparison.Ordinal)).Select(r => (r.Stage, funnel.Answered)),
            ("examples kept", funnel.Chosen),
        ];
        return Rows(funnel).Select(row => (string[])
        [
            row.Stage, row.Count.ToString("N0", CultureInfo.InvariantCulture),
            Array.Find(shares, s => s.Stage == row.Stage) is { Of: > 0 } share
                ? (100.0 * row.Count / share.Of).ToString("0.0 '%'", CultureInfo.InvariantCulture) : "",
        ]);
    }

    static void Examples(StringBuilder page, ToolFunnel funnel, FunnelStage stage, IReadOnlyList<FunnelExample> examples)
    {
        var held = funnel.Count(stage) == 0;
        page.Append(held && funnel.Blocked == stage ? "<details open><summary>" : "<details><summary>")
            .Append(CultureInfo.InvariantCulture, $"{funnel.Tool}, {InWords(stage)}: examples that were ")
            .Append(held ? "held back" : "let through").Append("</summary><pre>");
        foreach (var example in examples)
        {
            page.Append(CultureInfo.InvariantCulture, $"text {example.Text}: ").Append(RunPage.Text(example.Before));
            if (example.Written.Length > 0)
                page.Append("<b> [").Append(RunPage.Text(example.Written)).Append("]</b>");
            page.Append(RunPage.Text(example.After)).Append(example.Says.Length > 0 ? "\n    " : "").Append(RunPage.Text(example.Says)).Append('\n');
        }
        page.Append("</pre></details>\n");
    }

    static string InWords(ToolUse.ToolOutcome outcome) => outcome switch
    {
        ToolUse.ToolOutcome.Answered => "with a result",
        ToolUse.ToolOutcome.Nothing => "without a result",
        ToolUse.ToolOutcome.Failed => "failed",
        ToolUse.ToolOutcome.TimedOut => "timed out",
        ToolUse.ToolOutcome.Refused => "refused",
        _ => "of an unknown tool",
    };

    static string InWords(FunnelStage stage) => stage switch
    {
        FunnelStage.Chosen => "texts chosen",
        FunnelStage.Positions => "positions tried",
        FunnelStage.Closed => "samples closed",
        FunnelStage.Parsed => "samples parsed",
        FunnelStage.Allowed => "calls allowed",
        FunnelStage.Answered => "calls with a result",
        _ => "calls kept",
    };
}
