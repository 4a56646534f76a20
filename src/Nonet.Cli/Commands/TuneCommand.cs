using System.CommandLine;
using System.Globalization;
using Nonet.Recipes;
using Nonet.Recipes.Instructions;

namespace Nonet.Cli.Commands;

/// <summary>Fine-tunes a model on the user's examples.</summary>
sealed class TuneCommand : Command, ISavesOnStop
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Argument<string> data = TuneFlags.MakeData();
    readonly Option<int?> lora = Flags.Whole("--lora",
        "Train LoRA adapters of this rank. By default all weights are trained if that fits in memory and they are not quantised, "
        + "otherwise adapters of rank 16.", 1, 4096);
    readonly Option<bool> full = new("--full") { Description = "Train all weights." };
    readonly Option<string?> output = new("--out")
    {
        Description = "Run folder; by default runs/tune, or the first of runs/tune-2, -3, … that does not exist yet.",
        HelpName = "DIR",
    };
    readonly Option<double?> epochs = Flags.Number("--epochs", "Number of passes over the examples; 3 by default.", "a number above 0", x => x > 0);
    readonly Option<double?> rate = Flags.Number("--learning-rate", "Peak learning rate; by default by the size of the model.", "a number above 0", x => x > 0);
    readonly Option<int?> batch = Flags.Whole("--batch", "Examples of an update; 16 by default, or fewer if there are few examples.", 1, 1 << 20);
    readonly Option<int?> length = Flags.Whole("--length",
        "Maximum number of tokens in an example; longer ones are left out; the model's context by default.", 2);
    readonly Option<int?> memory = Flags.Whole("--memory", "Megabytes that may be used; six tenths of the machine's by default.", 1, 1 << 30);
    readonly Option<string?> template = TuneFlags.MakeTemplate();
    readonly Option<string?> layout = TuneFlags.MakeLayout();
    readonly Option<ulong?> seed = Flags.Seed("Seed of the adapters' initial values, of shuffling and of dropout; 1 by default.");
    readonly Option<bool> plan = new("--dry-run") { Description = "Only print the forecast and the recipe." };
    readonly Option<bool> json = Flags.MakeJson();

    public TuneCommand(Terminal terminal) : base("tune", "Fine-tune a model on conversations or prompts with completions, then chat with it.")
    {
        this.terminal = terminal;
        Add(model);
        Add(data);
        foreach (var option in new Option[] { lora, full, output, epochs, rate, batch, length, memory, template, layout, seed, plan, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var planned = Tune.Plan(new TuneOptions
        {
            Model = parsed.GetRequiredValue(model),
            Data = parsed.GetRequiredValue(data),
            Lora = parsed.GetValue(lora),
            Full = parsed.GetValue(full),
            Epochs = parsed.GetValue(epochs) ?? 3,
            LearningRate = parsed.GetValue(rate),
            Batch = parsed.GetValue(batch),
            Length = parsed.GetValue(length),
            Memory = parsed.GetValue(memory) is { } megabytes ? (long)megabytes << 20 : null,
            Template = parsed.GetValue(template),
            Layout = TuneFlags.LayoutOf(parsed.GetValue(layout)),
            Seed = parsed.GetValue(seed) ?? 1,
        }, stopping);
        if (parsed.GetValue(plan))
        {
            terminal.Out.WriteLine($"# {planned.Outline}");
            terminal.Out.Write(planned.Recipe.ToYaml());
            return ExitCode.Done;
        }
        terminal.Error.WriteLine($"plan: {planned.Outline}");
        using var device = Flags.Device(parsed);
        var (folder, threads) = (parsed.GetValue(output), parsed.GetValue<int?>(Flags.Threads));
        var result = RunProgress.Show(terminal, progress => Tune.Run(planned, device, folder, threads, progress, stopping));
        if (parsed.GetValue(json))
            ResultJson.Write(terminal.Out, result);
        else
            terminal.Out.WriteLine(Summary(result, planned.Recipe));
        return result.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    static string Summary(TrainingResult result, SftRecipe recipe)
    {
        var run = Invocation.QuotedPath(result.Folder);
        if (result.Interrupted)
        {
            var own = Invocation.QuotedPath(Path.Combine(result.Folder, "recipe.yaml"));
            return string.Create(CultureInfo.InvariantCulture, $"interrupted after step {result.Step:N0}; resume with\n")
                + $"  {Invocation.Of("nonet train")} {own} --resume";
        }
        var rate = result.Tokens / Math.Max(1e-9, result.Training.TotalSeconds);
        var gguf = recipe.Training.Lora is null ? $"nonet convert {run} tuned.gguf" : $"nonet merge {Invocation.Quoted(recipe.From)} {run} tuned.gguf";
        return string.Create(CultureInfo.InvariantCulture, $"""
            {result.Tokens:N0} tokens in {LineReport.Duration(result.Training)} of training ({rate:N0} tokens/s)
            held out {LineReport.Line(result.HeldOut!)}
            model    {Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Checkpoint)}
            page     {Path.Combine(Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Folder), "index.html")}
            try      {NextLine.Of(recipe, result)}
            write    {Invocation.Of(gguf)}
            """);
    }
}
