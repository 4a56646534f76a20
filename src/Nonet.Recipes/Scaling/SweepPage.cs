using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Scaling;

namespace Nonet.Recipes.Scaling;

/// <summary>A sweep as one page: charts of the fits, the table, the recipe.</summary>
static class SweepPage
{
    public static void Write(SweepResult sweep, SweepRecipe recipe)
    {
        var (page, fits) = (new StringBuilder(1 << 17), sweep.Fits!);
        RunPage.Head(page, $"{recipe.Name}: sweep", refresh: null);
        page.Append("<header><h1>").Append(RunPage.Text(recipe.Name))
            .Append(CultureInfo.InvariantCulture, $"</h1><p class=\"state\">{sweep.Rows.Count} of {sweep.Planned} runs</p></header>\n");
        foreach (var message in sweep.Failed.Select(f => $"{f.Name}: {f.Reason}").Concat(sweep.Warnings).Concat(fits.Problems)
            .Concat(fits.All.SelectMany(f => f.Fit.Warnings)))
            page.Append("<p class=\"message\">").Append(RunPage.Text(message)).Append("</p>\n");
        foreach (var (fit, runs) in fits.All)
        {
            page.Append("<section><h2>").Append(RunPage.Text($"{fit.Law}: {fit.Formula}")).Append("</h2></section>\n");
            ScalingReport.Pictures(page, FitCharts.Of(fit, runs).Select(c => c with { Id = $"{(fit.Law == ScalingLaw.IsoFlop ? "isoflop" : "size")}-{c.Id}" }));
        }
        ScalingReport.Table(page, "Runs",
            ["run", "layers", "width", "heads", "parameters", "without embeddings", "tokens", "FLOPs, 6ND", "FLOPs, all", "learning rate", "loss",
            "bits per byte", "seconds", "held out"], sweep.Rows.Select(r => (string[])[
            r.Name, Whole(r.Layers), Whole(r.Width), Whole(r.Heads), Whole(r.Parameters), Whole(r.NonEmbedding), Whole(r.Tokens), ShortNumber.Of(r.Flops),
            ShortNumber.Of(r.FullFlops), ShortNumber.Of(r.LearningRate), r.Loss.ToString("0.0000", CultureInfo.InvariantCulture),
            r.BitsPerByte.ToString("0.000", CultureInfo.InvariantCulture), r.Seconds.ToString("0.0", CultureInfo.InvariantCulture), r.HeldOut ? "yes" : ""]));
        page.Append("<section><h2>Recipe</h2><pre>").Append(RunPage.Text(RecipeOf(recipe))).Append("</pre></section>\n</main>\n</body>\n</html>\n");
        AtomicFile.WriteText(sweep.Page, page.ToString());
    }

    /// <summary>The recipe without the shape of the model, which differs between runs and is in the table.</summary>
    static string RecipeOf(SweepRecipe recipe)
    {
        var root = recipe.ToJson();
        if (root["train"]!["model"] is JsonObject model)
        {
            foreach (var key in (string[])["layers", "width", "heads", "kv_heads", "head_width", "hidden"])
                model.Remove(key);
        }
        return YamlText.Of(root);
    }

    static string Whole(long n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
