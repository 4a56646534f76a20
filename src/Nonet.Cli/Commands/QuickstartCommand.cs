using System.CommandLine;
using Nonet.Recipes;

namespace Nonet.Cli.Commands;

/// <summary>From the repository's books to a model that writes.</summary>
sealed class QuickstartCommand : Command, ISavesOnStop
{
    readonly Terminal terminal;
    readonly Option<int?> steps = Flags.Whole("--steps", "Updates to make; 900 by default.", 1);
    readonly Option<ulong?> seed = Flags.Seed("What weights and order of the text are drawn from; 1 by default.");
    readonly Option<string?> output = new("--out") { Description = "Run folder; runs/quickstart by default, or the first free of runs/quickstart-2, -3, …", HelpName = "DIR" };
    readonly Option<string?> data = new("--data") { Description = "A text file, or a folder of .txt, .jsonl and .parquet files, plain or .gz; the repository's data/ by default.", HelpName = "PATH" };
    readonly Option<bool> resume = new("--resume") { Description = "Go on with the run in --out, or in runs/quickstart." };
    readonly Option<bool> json = Flags.MakeJson();

    public QuickstartCommand(Terminal terminal) : base("quickstart", "Train a small LLaMA on books, in minutes, and let it write.")
    {
        this.terminal = terminal;
        foreach (var option in new Option[] { steps, seed, output, data, resume, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var defaults = new QuickstartOptions();
        var options = new QuickstartOptions
        {
            Steps = parsed.GetValue(steps) ?? defaults.Steps,
            Seed = parsed.GetValue(seed) ?? defaults.Seed,
            Threads = parsed.GetValue<int?>(Flags.Threads),
            Out = parsed.GetValue(output),
            Data = parsed.GetValue(data),
            Resume = parsed.GetValue(resume),
        };
        using var device = Flags.Device(parsed);
        var result = RunProgress.Show(terminal, progress => Quickstart.Run(options, device, progress, stopping));
        if (parsed.GetValue(json))
            ResultJson.Write(terminal.Out, result);
        else
            terminal.Out.Write(Quickstart.Summary(result));
        return result.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }
}
