using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nonet.Recipes;
using Nonet.Recipes.Runs;

namespace Nonet.Cli.Commands;

/// <summary>Lists the runs in a folder, or compares runs.</summary>
sealed class RunsCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> folder = new("DIR") { Description = "A folder with run folders; runs by default.", DefaultValueFactory = _ => "runs" };
    readonly Option<bool> json = Flags.MakeJson();

    public RunsCommand(Terminal terminal) : base("runs", "List training runs, or compare them: nonet runs compare A B ...")
    {
        this.terminal = terminal;
        Add(folder);
        Add(json);
        Add(new CompareCommand(terminal));
        SetAction((parsed, stopping) => Task.Run(() => List(parsed), stopping));
    }

    int List(ParseResult parsed)
    {
        var damaged = new List<string>();
        var runs = RunSummary.List(parsed.GetRequiredValue(folder), damaged);
        foreach (var message in damaged)
            terminal.Error.WriteLine($"nonet: {message}");
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("runs");
                foreach (var run in runs)
                    Write(fields, run);
                fields.WriteEndArray();
            });
        }
        else if (runs.Count == 0)
            terminal.Out.WriteLine($"{parsed.GetRequiredValue(folder)}: found no runs; start one with {Invocation.Program} train RECIPE.yaml");
        else
            WriteTable(runs);
        return ExitCode.Done;
    }

    internal static void Write(Utf8JsonWriter fields, RunSummary run)
    {
        fields.WriteStartObject();
        fields.WriteString("name", run.Name);
        fields.WriteString("folder", run.Folder);
        fields.WriteString("model", run.Info.Model);
        if (!run.IsUnprepared) // unknown before the run is prepared
            fields.WriteNumber("params", run.Info.Parameters);
        fields.WriteString("state", RunStatus.Name(run.Status.State));
        fields.WriteNumber("step", run.Status.Step);
        fields.WriteNumber("steps", run.Status.Steps);
        fields.WriteString("started", run.Info.Started);
        if (run.Status.Message is { } message)
            fields.WriteString("message", message);
        if (run.Last is { } last)
        {
            fields.WriteNumber("tokens", last.Tokens);
            fields.WriteNumber("loss", last.Loss);
            fields.WriteNumber("training_s", Math.Round(last.Training.TotalSeconds, 3));
        }
        if (run.Best is { } best)
            ResultJson.WriteScores(fields, best);
        fields.WriteEndObject();
    }

    void WriteTable(IReadOnlyList<RunSummary> runs)
    {
        var table = new TextTable("name", "model", "params", "tokens", "loss", "held out", "time", "state");
        foreach (var run in runs)
        {
            table.Add(
                run.Name,
                run.Info.Model,
                run.IsUnprepared ? "" : Short(run.Info.Parameters),
                run.Last is { } last ? Short(last.Tokens) : "",
                run.Last is { } l ? l.Loss.ToString("0.000", CultureInfo.InvariantCulture) : "",
                run.Best is { } best ? Measure(best) : "",
                run.Last is { } timed ? LineReport.Duration(timed.Training) : "",
                run.Status.State is RunState.Finished ? "finished"
                    : run.IsUnprepared ? run.Status.State is RunState.Killed ? "killed while preparing" : RunStatus.Name(run.Status.State)
                    : string.Create(CultureInfo.InvariantCulture, $"{RunStatus.Name(run.Status.State)} at {run.Status.Step:N0} of {run.Status.Steps:N0}"));
        }
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, (1, 8), (0, 10), (5, 12), (7, 8));
    }

    /// <summary>The bits per byte if they were measured, otherwise the first score, otherwise the loss.</summary>
    static string Measure(Evaluated best) => best switch
    {
        { BitsPerByte: { } bits } => string.Create(CultureInfo.InvariantCulture, $"{bits:0.000} bits/byte"),
        { Scores: [var score, ..] } => string.Create(CultureInfo.InvariantCulture, $"{score.Name.Replace('_', ' ')} {score.Value:0.000}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{best.Loss:0.000} {best.Unit}"),
    };

    /// <summary>Abbreviates a number: 12.3M for 12,345,678.</summary>
    static string Short(long n) => n switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{n / 1e9:0.0}B"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{n / 1e6:0.0}M"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{n / 1e3:0.0}k"),
        _ => n.ToString(CultureInfo.InvariantCulture),
    };
}
