using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nonet.Recipes.Scaling;
using Nonet.Scaling;

namespace Nonet.Cli.Commands;

/// <summary>Trains the runs to which scaling laws are fitted.</summary>
sealed class ScalingSweepCommand : Command, ISavesOnStop
{
    readonly Terminal terminal;
    readonly RecipeFlags flags;

    public ScalingSweepCommand(Terminal terminal) : base("sweep", "Train a grid or an IsoFLOP plan of small models, and write one table of runs.")
    {
        this.terminal = terminal;
        flags = new RecipeFlags(this, "The recipe of the sweep, such as recipes/scaling-sweep.yaml.", "sweep.evaluations=4", "Folder of the sweep",
            "Resume the sweep in --out, in the folder that contains RECIPE.yaml, or in runs/NAME.");
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var (recipe, folder) = flags.Place(parsed, Sweep.Work);
        var loaded = SweepRecipe.Load(recipe, flags.Overrides(parsed));
        using var device = Flags.Device(parsed);
        var result = RunProgress.Show(terminal, progress =>
            Sweep.Run(loaded, device, folder, flags.Resumes(parsed), parsed.GetValue<int?>(Flags.Threads), progress, stopping));
        if (flags.Json(parsed))
            JsonLine.Write(terminal.Out, fields => Write(fields, result));
        else
            Show(result);
        foreach (var run in result.Failed)
            terminal.Error.WriteLine($"{run.Name} failed: {run.Reason}");
        if (result.Failed.Count > 0)
            terminal.Error.WriteLine($"nonet: {result.Failed.Count} of {result.Planned} runs failed; {result.Table} does not contain them");
        return result.Interrupted ? ExitCode.Interrupted : result.Failed.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    void Show(SweepResult result)
    {
        var folder = Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Folder);
        if (result.Interrupted)
        {
            terminal.Out.WriteLine(
                $"interrupted after {result.Rows.Count} of {result.Planned} runs; resume with\n  {Invocation.Program} scaling sweep "
                + $"{Invocation.QuotedPath(Path.Combine(folder, "sweep.yaml"))} --resume");
            return;
        }
        var table = new TextTable("run", "params", "without embeddings", "tokens", "flops", "lr", "loss", "bits/byte", "seconds", "");
        foreach (var r in result.Rows)
            table.Add(r.Name, Text($"{r.Parameters:N0}"), Text($"{r.NonEmbedding:N0}"), Text($"{r.Tokens:N0}"), ShortNumber.Of(r.Flops),
                ShortNumber.Of(r.LearningRate), Text($"{r.Loss:0.0000}"), Text($"{r.BitsPerByte:0.000}"), Text($"{r.Seconds:0.0}"), r.HeldOut ? "held out"
                : "");
        table.Write(terminal.Out);
        if (result.Fits is { } fits)
            Show(fits);
        foreach (var warning in result.Warnings)
            terminal.Out.WriteLine($"warning: {warning}");
        if (result.Rows.Count == 0)
            return;
        terminal.Out.WriteLine($"table    {folder}/runs.csv");
        terminal.Out.WriteLine($"page     {folder}/index.html");
        var heldOut = string.Join(',', result.Rows.Select((r, i) => (Row: i + 1, r.HeldOut)).Where(r => r.HeldOut).Select(r => r.Row));
        terminal.Out.WriteLine(
            $"next     {Invocation.Program} scaling fit {Invocation.QuotedPath(Path.Combine(folder, "runs.csv"))} --law "
            + $"chinchilla{(heldOut.Length > 0 ? $" --held-out {heldOut}" : "")} --out fit.json --report fit.html");
        terminal.Out.WriteLine($"         {Invocation.Program} scaling plan --fit fit.json --flops 1e15");
    }

    void Show(SweepFits fits)
    {
        if (fits.OfSize is { } power)
            terminal.Out.WriteLine(
                Text($"{power.Law} of the grid: Nc {ShortNumber.Of(power["Nc"])}, alpha_N {power["alpha_N"]:0.0000}, R2 {power.RSquared:0.0000}"));
        if (fits.HeldOut is { } held)
        {
            var error = Text($"({held.RelativeError:+0.00 %;-0.00 %})");
            var floor = fits.HeldOutWithFloor is not { } floored ? ""
                : Text($"; with a floor {floored.Predicted:0.0000} ({floored.RelativeError:+0.00 %;-0.00 %})");
            terminal.Out.WriteLine(Text($"held out {held.Run.Name}: measured {held.Measured:0.0000}, predicted {held.Predicted:0.0000} {error}{floor}"));
        }
        if (fits.IsoFlop is { } minima)
        {
            terminal.Out.WriteLine(Text($"isoflop: best n ~ C^{minima["a"]:0.000}"));
            foreach (var p in minima.Points)
            {
                var best = p.Discarded is { } why ? $"discarded: {why}"
                    : $"{ShortNumber.Of(p.Parameters)} parameters on {ShortNumber.Of(p.Tokens)} tokens, loss {ShortNumber.Of(p.Loss)}";
                terminal.Out.WriteLine($"  {ShortNumber.Of(p.Flops)} FLOPs: {best}");
            }
        }
        foreach (var problem in fits.Problems)
            terminal.Out.WriteLine(problem);
    }

    static void Write(Utf8JsonWriter json, SweepResult result)
    {
        json.WriteString("sweep", result.Folder);
        json.WriteString("table", result.Table);
        json.WriteString("page", result.Page);
        json.WriteBoolean("interrupted", result.Interrupted);
        json.WriteNumber("planned", result.Planned);
        json.WriteNumber("runs", result.Rows.Count);
        json.WriteNumber("seconds", Math.Round(result.Rows.Sum(r => r.Seconds), 3));
        json.WriteNumber("flops", result.Rows.Sum(r => r.Flops));
        json.WriteStartArray("failed");
        foreach (var run in result.Failed)
        {
            json.WriteStartObject();
            json.WriteString("run", run.Name);
            json.WriteString("reason", run.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (var warning in result.Warnings.Concat(result.Fits?.Problems ?? []))
            json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteStartArray("fits");
        foreach (var (fit, _) in result.Fits?.All ?? [])
        {
            json.WriteStartObject();
            FitJson.Write(json, fit with { Replicates = [] });
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
