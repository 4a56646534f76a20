using System.Globalization;
using System.Text;
using Nonet.Evaluation.Runs;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Evaluation;

/// <summary>Items with their prompts and answers as HTML, for one model or two side by side, with filters by task, outcome and text.</summary>
static class RequestTable
{
    const int Most = 2000;

    const string Script = """
        const filter = () => {
          const task = document.getElementById('task').value, outcome = document.getElementById('outcome').value;
          const text = document.getElementById('text').value.toLowerCase();
          let shown = 0;
          for (const item of document.querySelectorAll('details.item')) {
            const hit = (!task || item.dataset.task === task) && (!outcome || item.dataset.outcome === outcome)
              && (!text || item.textContent.toLowerCase().includes(text));
            item.hidden = !hit;
            shown += hit;
          }
          document.getElementById('shown').textContent = shown;
        };
        for (const id of ['task', 'outcome', 'text']) document.getElementById(id).addEventListener('input', filter);
        """;

    const string Style = """
        .filters { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }
        details.item { margin: .25rem 0; }
        details.item summary { cursor: pointer; }
        .sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
        """;

    /// <param name="page">The page.</param>
    /// <param name="items">Results of the first model, and of the second model if there is one.</param>
    /// <param name="a">Name of the first model.</param>
    /// <param name="b">Name of the second model; null: none.</param>
    public static void Write(StringBuilder page, IReadOnlyList<(ItemResult A, ItemResult? B)> items, string a, string? b)
    {
        page.Append("<style>\n").Append(Style)
            .Append("\n</style>\n<section><h2>Requests</h2>\n<div class=\"filters\"><label>task <select id=\"task\"><option value=\"\">all</option>");
        foreach (var task in items.Select(i => NameOf(i.A)).Distinct())
            page.Append("<option>").Append(RunPage.Text(task)).Append("</option>");
        page.Append("</select></label><label>outcome <select id=\"outcome\"><option value=\"\">all</option>");
        foreach (var outcome in b is null ? (string[])["right", "wrong"] : ["both right", "only A right", "only B right", "both wrong"])
            page.Append("<option>").Append(outcome).Append("</option>");
        page.Append(CultureInfo.InvariantCulture,
            $"</select></label><label>text <input id=\"text\" type=\"search\"></label><span><span id=\"shown\">{Math.Min(Most, items.Count)}</span> "
            + $"shown</span></div>\n");
        if (items.Count > Most)
            page.Append(CultureInfo.InvariantCulture, $"<p>The first {Most:N0} of {items.Count:N0}; all are in requests.jsonl.</p>\n");
        foreach (var (first, second) in items.Take(Most))
        {
            var outcome = Outcome(first, second);
            page.Append("<details class=\"item\" data-task=\"").Append(RunPage.Text(NameOf(first))).Append("\" data-outcome=\"").Append(outcome)
                .Append("\"><summary>")
                .Append(RunPage.Text($"{NameOf(first)}, {first.Place}: {outcome}")).Append("</summary><pre>").Append(RunPage.Text(first.Prompt))
                .Append("</pre><p>right: <b>").Append(RunPage.Text(first.Gold)).Append("</b></p><div class=\"sides\">");
            Side(page, first, b is null ? null : a);
            if (second is not null)
                Side(page, second, b);
            page.Append("</div></details>\n");
        }
        page.Append("</section>\n<script>\n").Append(Script).Append("\n</script>\n");
    }

    static string NameOf(ItemResult item) => string.Create(CultureInfo.InvariantCulture, $"{item.Task}, {item.Shots} shots");

    static string Outcome(ItemResult a, ItemResult? b) => b is null ? IsRight(a) ? "right" : "wrong"
        : (IsRight(a), IsRight(b)) switch { (true, true) => "both right", (true, false) => "only A right", (false, true) => "only B right", _ => "both wrong" };

    /// <summary>Whether an item is right by the task's own metric, which is the first, or by the vote if paths were sampled.</summary>
    static bool IsRight(ItemResult item) => (item.Scores.TryGetValue("vote", out var vote) ? vote : item.Scores.Values.FirstOrDefault()) >= 0.5;

    static void Side(StringBuilder page, ItemResult item, string? model)
    {
        page.Append("<div>");
        if (model is not null)
            page.Append("<h3>").Append(RunPage.Text(model)).Append("</h3>");
        for (var i = 0; i < item.Choices.Count; i++)
        {
            var c = item.Choices[i];
            page.Append("<p>").Append(i == item.Right ? "★ " : "").Append("<code>").Append(RunPage.Text(c.Text)).Append("</code> ")
                .Append(CultureInfo.InvariantCulture,
                    $"ln p {c.LogProbability:0.000}, {c.LogProbability / c.Tokens:0.000} a "
                    + $"token{(c.Unconditional is { } u ? $", {c.LogProbability - u:0.000} above unconditional" : "")}{(c.IsGreedy ? ", greedy" : "")}</p>");
        }
        foreach (var path in item.Paths.Take(10))
            page.Append("<pre>").Append(RunPage.Text(path.Transcript ?? path.Text)).Append("</pre><p>read as <b>")
                .Append(RunPage.Text(path.Answer ?? "nothing"))
                .Append("</b></p>");
        page.Append("<p>").Append(
            RunPage.Text(string.Join(", ", item.Scores.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {s.Value:0.###}")))))
            .Append("</p></div>");
    }
}
