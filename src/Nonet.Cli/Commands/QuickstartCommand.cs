using System.CommandLine;
using System.Globalization;
using Nonet.Recipes;

namespace Nonet.Cli.Commands;

/// <summary>Trains a small model on the repository's books, and prints text that it generates.</summary>
sealed class QuickstartCommand : Command, ISavesOnStop
{
    readonly Terminal terminal;
    readonly Option<int?> steps = Flags.Whole("--steps", "Number of updates; 900 by default.", 1);
    readonly Option<ulong?> seed = Flags.Seed("Seed of the initial weights and of the order of the text; 1 by default.");
    readonly Option<string?> output =
        new("--out")
        {
            Description = "Run folder; by default runs/quickstart, or the first of runs/quickstart-2, -3, … that does not exist yet.",
            HelpName = "DIR"
        };
    readonly Option<string?> data =
        new("--data")
        {
            Description = "A text file, or a folder of .txt, .jsonl and .parquet files, plain or .gz; by default the books that come with nonet.",
            HelpName = "PATH"
        };
    readonly Option<string?> field = new("--field") { Description = "JSONL field or Parquet column that holds the text; text by default.", HelpName = "NAME" };
    readonly Option<string> encoding = Flags.MakeEncoding();
    readonly Option<string?> prompt = new("--prompt") { Description = "Beginning of the samples; a few words of the text by default.", HelpName = "TEXT" };
    readonly Option<bool> resume =
        new("--resume")
        {
            Description =
        "Resume the run in --out, or else the newest of runs/quickstart, -2, -3, … that has not finished. Add --steps to train for more steps."
        };
    readonly Option<bool> json = Flags.MakeJson();

    public QuickstartCommand(Terminal terminal) : base("quickstart", "Train a small LLaMA on books in minutes, and print text that it generates.")
    {
        this.terminal = terminal;
        foreach (var option in new Option[] { steps, seed, output, data, field, encoding, prompt, resume, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var options = new QuickstartOptions
        {
            Steps = parsed.GetValue(steps),
            Seed = parsed.GetValue(seed),
            Threads = parsed.GetValue<int?>(Flags.Threads),
            Out = parsed.GetValue(output),
            Data = parsed.GetValue(data),
            Field = parsed.GetValue(field),
            Encoding = Flags.EncodingOf(parsed.GetRequiredValue(encoding)),
            Prompt = parsed.GetValue(prompt),
            Resume = parsed.GetValue(resume),
        };
        using var device = Flags.Device(parsed);
        var result = RunProgress.Show(terminal, progress => Quickstart.Run(options, device, progress, stopping));
        if (parsed.GetValue(json))
            ResultJson.Write(terminal.Out, result);
        else
            terminal.Out.WriteLine(Summary(result, Quickstart.Recipe(options)));
        return result.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    /// <summary>Summary of a run: its time, its quality, its files and the next command.</summary>
    static string Summary(TrainingResult result, Recipe recipe)
    {
        var run = Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Folder);
        if (result.Interrupted)
            return string.Create(CultureInfo.InvariantCulture,
                $"interrupted after step {result.Step:N0}; resume with\n  {Invocation.Program} quickstart --out {Invocation.QuotedPath(run)} --resume");
        var rate = result.Tokens / Math.Max(1e-9, result.Training.TotalSeconds);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {result.Parameters:N0} weights, {result.Tokens:N0} tokens in {LineReport.Duration(result.Training)} of training ({rate:N0} tokens/s)
            compute    {result.Flops:0.0e+0} floating-point operations
            validation {result.BitsPerByte:0.00} bits per byte
            model      {Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Checkpoint)} (a Hugging Face folder)
            run        {run} (open index.html; metrics, samples, plots, checkpoints)
            next       {NextLine.Of(recipe, result, recipe.Run.Prompt)} --max-tokens 200
            """);
    }
}
