using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nonet.Files;
using Nonet.Recipes.Scaling;
using Nonet.Scaling;
using Nonet.Scaling.Runs;

namespace Nonet.Cli.Commands;

/// <summary>Fits a scaling law to a table of runs.</summary>
sealed class ScalingFitCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> runs =
        new("RUNS") { Description = "Table of runs: CSV, JSONL or Parquet with columns n_params (or n), tokens (or d), flops (or c), loss." };
    readonly Option<string> law = new("--law") { Description = "The law: " + string.Join(", ", ScalingLaw.Names) + ".", HelpName = "LAW", Required = true };
    readonly Option<string> parameters =
        new("--params")
        {
            Description = "The parameters that N counts: all, or the column n_non_embedding.",
            HelpName = "all|non-embedding",
            DefaultValueFactory = _ => "all"
        };
    readonly Option<string> flops =
        new("--count-flops")
        {
            Description = "The FLOPs that C counts: the column flops, or 6ND if there is none (given); 6ND (6nd); or the column flops_full (full).",
            HelpName = "given|6nd|full",
            DefaultValueFactory = _ => "given"
        };
    readonly Option<string[]> where = new("--where") { Description = "Use only rows with this value in a column; repeatable.", HelpName = "COLUMN=VALUE" };
    readonly Option<int[]?> without = ScalingFlags.Rows("--without", "Numbers of rows to leave out; the first row after the header is 1.");
    readonly Option<string?> heldOut =
        new("--held-out")
        {
            Description =
        "Rows to predict instead of fitting: row numbers, or largest, which means the largest size (for L(D) the most tokens; for L(C), isoflop and "
        + "envelope the most FLOPs).",
            HelpName = "largest|3,7"
        };
    readonly Option<int?> bootstrap =
        Flags.Whole("--bootstrap", "Number of bootstrap refits for the intervals; 0 for none, at most 1,000 with --minimum akima.", 0, 100_000, 1000);
    readonly Option<ulong?> seed = Flags.Seed("Seed of the bootstrap; 1 by default.");
    readonly Option<string> minimum =
        new("--minimum")
        {
            Description = "How to find the minimum of an IsoFLOP curve: with a parabola (Hoffmann), or with an Akima curve and noise (Porian).",
            HelpName = "parabola|akima",
            DefaultValueFactory = _ => "parabola"
        };
    readonly Option<double?> noise =
        Flags.Number("--seed-noise", "Standard deviation of the loss between seeds, in nats, for --minimum akima; 0.002 by default.", "a positive number", x =>
        x > 0);
    readonly Option<double?> chance =
        Flags.Number("--chance", "Accuracy of guessing, for --law accuracy; fitted by default.", "a number from 0 to 1", x => x is >= 0 and < 1);
    readonly Option<string?> output = new("--out") { Description = "File for the fit, which nonet scaling plan reads.", HelpName = "FIT.json" };
    readonly Option<string?> report = new("--report") { Description = "Write a page with charts, numbers and warnings.", HelpName = "FILE.html" };
    readonly Option<string?> pictures = new("--plots") { Description = "Folder for the charts, as SVG files.", HelpName = "DIR" };
    readonly Option<bool> json = Flags.MakeJson();

    public ScalingFitCommand(Terminal terminal) : base("fit", "Fit a scaling law to a table of runs, with bootstrap intervals.")
    {
        this.terminal = terminal;
        law.AcceptOnlyFromAmong([.. ScalingLaw.Names]);
        parameters.AcceptOnlyFromAmong("all", "non-embedding");
        flops.AcceptOnlyFromAmong("given", "6nd", "full");
        minimum.AcceptOnlyFromAmong("parabola", "akima");
        Add(runs);
        foreach (var option in new Option[] { law, parameters, flops, where, without, heldOut, bootstrap, seed, minimum, noise, chance, output, report,
            pictures, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    /// <summary>Options that only some laws have, each with these laws.</summary>
    (Option Option, IEnumerable<string> Laws)[] Own =>
        [(heldOut, ScalingLaw.Names.Except([ScalingLaw.CriticalBatch])), (minimum, [ScalingLaw.IsoFlop]), (noise, [ScalingLaw.IsoFlop]),
        (chance, [ScalingLaw.Accuracy])];

    /// <exception cref="UsageException">An option has no effect for this law.</exception>
    void Check(ParseResult parsed)
    {
        var kind = parsed.GetRequiredValue(law);
        foreach (var (option, laws) in Own)
        {
            if (parsed.GetResult(option) is { Implicit: false } && !laws.Contains(kind))
                throw new UsageException($"{option.Name} has no effect for --law {kind}: it is an option of {string.Join(", ", laws)}");
        }
        var akima = parsed.GetValue(minimum) == "akima";
        if (parsed.GetValue(noise) is not null && !akima)
            throw new UsageException($"{noise.Name} has no effect for --law {kind} with --minimum parabola: it is an option of --minimum akima");
        if (akima && parsed.GetValue(bootstrap) > FitOptions.AkimaDraws)
            throw new UsageException(
                $"{bootstrap.Name} is {parsed.GetValue(bootstrap)}: expected at most {FitOptions.AkimaDraws} for --law {kind} with --minimum akima");
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        Check(parsed);
        var table = RunTable.Read(parsed.GetRequiredValue(runs), new RunTableOptions
        {
            Counting = parsed.GetValue(parameters) == "all" ? ParameterCounting.All : ParameterCounting.NonEmbedding,
            Flops = parsed.GetValue(flops) switch { "6nd" => FlopCounting.SixNd, "full" => FlopCounting.Full, _ => FlopCounting.Given },
            Where = [.. (parsed.GetValue(where) ?? []).Select(ScalingFlags.Where)],
            Without = parsed.GetValue(without) ?? [],
        });
        var held = parsed.GetValue(heldOut);
        var fit = ScalingLaw.Fit(table, parsed.GetRequiredValue(law), new FitOptions
        {
            Bootstrap = parsed.GetValue(bootstrap)!.Value,
            Seed = parsed.GetValue(seed) ?? 1,
            Threads = parsed.GetValue<int?>(Flags.Threads),
            HoldOutLargest = held == "largest",
            HeldOut = held is null or "largest" ? [] : HeldOut(held),
            Minimum = parsed.GetValue(minimum) == "akima" ? IsoFlopMinimum.Akima : IsoFlopMinimum.Parabola,
            SeedNoise = parsed.GetValue(noise) ?? new FitOptions().SeedNoise,
            Chance = parsed.GetValue(chance),
        }, stopping);
        if (parsed.GetValue(output) is { } file)
            AtomicFile.WriteText(file, Json(fit));
        if (parsed.GetValue(report) is { } page)
            ScalingReport.Write(page, Path.GetFileName(table.Path), fit, table.Runs);
        if (parsed.GetValue(pictures) is { } folder)
            ScalingReport.WritePictures(folder, fit, table.Runs);
        if (parsed.GetValue(json))
            JsonLine.Write(terminal.Out, fields => FitJson.Write(fields, fit));
        else
            Show(fit, parsed.GetValue(report) ?? parsed.GetValue(output));
        return ExitCode.Done;
    }

    static int[] HeldOut(string text) =>
        [.. text.Split(',').Select(part =>
        int.TryParse(part, out var row) && row >= 1 ? row
        : throw new UsageException($"--held-out is '{text}'; expected largest, or row numbers separated by commas"))];

    static string Json(LawFit fit)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            FitJson.Write(writer, fit);
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    void Show(LawFit fit, string? written)
    {
        terminal.Out.WriteLine($"{fit.Law}: {fit.Formula}");
        Numbers(fit);
        if (fit.WithFloor is { } floored)
        {
            terminal.Out.WriteLine($"with a floor: {floored.Formula}");
            Numbers(floored);
        }
        Points(fit);
        HeldOut(fit);
        if (fit.WithFloor is { HeldOut.Count: > 0 } other)
            HeldOut(other);
        terminal.Out.WriteLine(fit.Method);
        foreach (var note in fit.Notes)
            terminal.Out.WriteLine(note);
        foreach (var warning in fit.Warnings)
            terminal.Out.WriteLine($"warning: {warning}");
        if (written is not null)
            terminal.Out.WriteLine($"wrote {written}");
    }

    void Numbers(LawFit fit)
    {
        var table = new TextTable("", "value", "2.5 %", "97.5 %");
        foreach (var number in fit.Numbers.Concat(fit.Derived))
            table.Add(number.Name, ShortNumber.Of(number.Value), number.Low is { } low ? ShortNumber.Of(low) : "",
                number.High is { } high ? ShortNumber.Of(high) : "");
        table.Write(terminal.Out);
        var error = fit.Fitted.Count == 0 ? ""
            : string.Create(CultureInfo.InvariantCulture, $", relative error {fit.RelativeError:0.00 %} over {fit.Fitted.Count} runs");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"objective {fit.Objective:g8}, R2 {fit.RSquared:0.00000}{error}"));
    }

    void Points(LawFit fit)
    {
        if (fit.Points.Count == 0)
            return;
        var table = new TextTable("flops", "best n", "best d", "loss", "");
        foreach (var p in fit.Points)
            table.Add(ShortNumber.Of(p.Flops), ShortNumber.Of(p.Parameters), ShortNumber.Of(p.Tokens), ShortNumber.Of(p.Loss),
                p.Discarded is { } why ? $"discarded: {why}" : "");
        table.Write(terminal.Out);
    }

    void HeldOut(LawFit fit)
    {
        foreach (var p in fit.HeldOut)
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"held out {p.Run.Label}: measured {p.Measured:0.0000}, predicted {p.Predicted:0.0000} ({p.RelativeError:+0.00 %;-0.00 %})"));
    }
}
