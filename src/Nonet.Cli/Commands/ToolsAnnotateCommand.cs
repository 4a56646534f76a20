using System.CommandLine;
using System.Globalization;
using Nonet.Recipes.Annotation;

namespace Nonet.Cli.Commands;

/// <summary>Lets a model annotate texts with tool calls.</summary>
sealed class ToolsAnnotateCommand : Command, ISavesOnStop
{
    readonly Terminal terminal;
    readonly RecipeFlags flags;

    public ToolsAnnotateCommand(Terminal terminal) : base("annotate", "Let a model insert calls of tools into texts, and keep those that help it (Toolformer).")
    {
        this.terminal = terminal;
        flags = new RecipeFlags(this, "The recipe of the annotation, such as recipes/tools/annotate.yaml.", "tools.0.threshold=1", "Folder of the run",
            "Resume the run in --out, in the folder that contains RECIPE.yaml, or in runs/NAME. With another threshold, a finished run is only filtered "
                + "again.");
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var (recipe, folder) = flags.Place(parsed, Annotate.Work);
        var loaded = AnnotateRecipe.Load(recipe, flags.Overrides(parsed));
        using var device = Flags.Device(parsed);
        var result = RunProgress.Show(terminal, progress => Annotate.Run(loaded, device, folder, flags.Resumes(parsed), progress, stopping));
        if (flags.Json(parsed))
            JsonLine.Write(terminal.Out, fields => Write(fields, result));
        else
            Show(result);
        return result.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    static void Write(System.Text.Json.Utf8JsonWriter fields, AnnotateResult result)
    {
        fields.WriteString("folder", result.Folder);
        fields.WriteBoolean("interrupted", result.Interrupted);
        fields.WriteNumber("texts", result.Texts);
        fields.WriteStartArray("tools");
        foreach (var funnel in result.Funnels)
            AnnotationOutput.WriteFunnel(fields, funnel);
        fields.WriteEndArray();
    }

    void Show(AnnotateResult result)
    {
        var folder = Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Folder);
        if (result.Interrupted)
        {
            terminal.Out.WriteLine(
                $"interrupted; resume with\n  {Invocation.Program} tools annotate {Invocation.QuotedPath(Path.Combine(folder, Annotate.RecipeFile))} --resume");
            return;
        }
        string[] stages = [.. result.Funnels.SelectMany(f => FunnelPage.Rows(f).Select(r => r.Stage)).Distinct()];
        var table = new TextTable(["stage", .. result.Funnels.Select(f => f.Tool)]);
        foreach (var stage in Ordered(result, stages))
            table.Add([stage, .. result.Funnels.Select(f => FunnelPage.Rows(f).Where(r => r.Stage == stage)
                .Select(r => r.Count.ToString("N0", CultureInfo.InvariantCulture)).FirstOrDefault("-"))]);
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, (0, 20));
        for (var i = 0; i < result.Funnels.Count; i++)
        {
            if (result.Reasons[i] is not { } reason)
                continue;
            terminal.Out.WriteLine($"{result.Funnels[i].Tool}: {reason}");
            foreach (var example in result.Funnels[i].Seen.GetValueOrDefault(result.Funnels[i].Blocked!.Value, []))
                terminal.Text.WriteLine(Printable.Line($"  text {example.Text}: {example.Before}{(example.Written.Length > 0 ? $" [{example.Written}" : "")} "
                    + $"({example.Says})"));
        }
        var cached = result.Counts.Sum(c => c.Value.Cached);
        if (cached > 0)
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{cached:N0} of {result.Counts.Sum(c => c.Value.Calls):N0} calls were answered before"));
        terminal.Out.WriteLine($"texts    {Path.Combine(folder, Path.GetFileName(result.TextsFile))}");
        terminal.Out.WriteLine($"calls    {Path.Combine(folder, Path.GetFileName(result.CandidatesFile))}");
        terminal.Out.WriteLine($"page     {Path.Combine(folder, Path.GetFileName(result.Page))}");
    }

    /// <summary>The stages of all tools, in order. A stage that only some tools have keeps its position among theirs.</summary>
    static IEnumerable<string> Ordered(AnnotateResult result, string[] stages) =>
        stages.OrderBy(stage => result.Funnels.Max(f => FunnelPage.Rows(f).Select((r, i) => r.Stage == stage ? i : -1).Max()));
}
