using System.Globalization;
using System.Text;
using Nonet.Alignment.Comparison;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Scaling;

namespace Nonet.Recipes.Alignment;

/// <summary>A win rate of two models with its source.</summary>
/// <param name="Name">Name of the reward or the judge.</param>
/// <param name="Rate">How often the first model won.</param>
/// <param name="Note">Further information, such as how often a judge contradicted itself; null: none.</param>
public sealed record ComparedBy(string Name, WinRate Rate, string? Note = null);

/// <summary>Answers of two models side by side with their win rates, as one self-contained HTML page.</summary>
public static class WinRatePage
{
    /// <summary>Maximum number of answers on the page.</summary>
    const int MostRows = 200;

    /// <summary>Writes the page.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">Name of the first model.</param>
    /// <param name="other">Name of the second model.</param>
    /// <param name="measures">The rates.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="answers">Answers of the first model.</param>
    /// <param name="others">Answers of the second model.</param>
    public static void Write(
        string file, string model, string other, IReadOnlyList<ComparedBy> measures, IReadOnlyList<string> prompts, IReadOnlyList<string> answers,
        IReadOnlyList<string> others)
    {
        var page = new StringBuilder(1 << 16);
        RunPage.Head(page, $"{model} against {other}", refresh: null);
        page.Append("<header><h1>").Append(RunPage.Text($"{model} against {other}")).Append("</h1></header>\n");
        ScalingReport.Table(page, "How often the first wins", ["by", "rate", "95 % interval", "p", "won", "tied", "lost", ""], measures.Select(m => (string[])
            [m.Name, Percent(m.Rate.Rate), $"{Percent(m.Rate.Interval.Low)} to {Percent(m.Rate.Interval.High)}",
                m.Rate.PValue.ToString("0.0e0", CultureInfo.InvariantCulture),
                Whole(m.Rate.Wins), Whole(m.Rate.Ties), Whole(m.Rate.Losses), m.Note ?? ""]));
        ScalingReport.Table(page, "Answers", ["prompt", model, other], prompts.Take(MostRows).Select((prompt, i) => (string[])[prompt, answers[i], others[i]]));
        if (prompts.Count > MostRows)
            page.Append(CultureInfo.InvariantCulture, $"<p>The first {MostRows} of {prompts.Count:N0} prompts.</p>\n");
        page.Append("</main>\n</body>\n</html>\n");
        AtomicFile.WriteText(file, page.ToString());
    }

    static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    static string Whole(int n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
