using System.CommandLine;
using System.Globalization;
using Nonet.Recipes;
using Nonet.Recipes.Runs;

namespace Nonet.Cli.Commands;

/// <summary>Trains what a recipe describes.</summary>
sealed class TrainCommand : Command, ISavesOnStop
{
    readonly Terminal terminal;
    readonly RecipeFlags flags;

    public TrainCommand(Terminal terminal) : base("train", "Train a model from a recipe.")
    {
        this.terminal = terminal;
        flags = new RecipeFlags(this, "The recipe. nonet recipes lists those that come with the program.", "training.steps=100", "Run folder",
            "Resume a run with its own recipe: the run in --out, the run folder that contains RECIPE.yaml, or the newest of runs/NAME, -2, -3, … that has not "
                + "finished. Add --set training.steps=N to train for more steps.");
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var file = flags.Recipe(parsed);
        using var device = Flags.Device(parsed);
        var (folder, overrides, threads) = (flags.Folder(parsed), flags.Overrides(parsed), parsed.GetValue<int?>(Flags.Threads));
        IRecipe loaded;
        TrainingResult result;
        if (flags.Resumes(parsed))
        {
            var beside = Path.GetDirectoryName(Path.GetFullPath(file))!;
            folder ??= RunFolder.IsRun(beside) ? Path.GetRelativePath(Directory.GetCurrentDirectory(), beside)
                : RunFolder.NewestUnfinished(TrainRecipe.PathOf(TrainingRecipe.NameOf(file, overrides)));
            result = RunProgress.Show(terminal, progress => TrainRecipe.Resume(folder, overrides, device, file, threads, progress, stopping));
            loaded = TrainingRecipe.Load(Path.Combine(folder, RunFolder.RecipeFile));
        }
        else
        {
            loaded = TrainingRecipe.Load(file, overrides);
            result = RunProgress.Show(terminal, progress =>
                TrainRecipe.Run(loaded, device, folder, threads: threads, progress: progress, source: File.ReadAllText(file), stopping: stopping));
        }
        if (flags.Json(parsed))
            ResultJson.Write(terminal.Out, result);
        else
            terminal.Out.WriteLine(Summary(result, loaded));
        return result.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    static string Summary(TrainingResult result, IRecipe recipe)
    {
        var run = Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Folder);
        if (result.Interrupted)
            return string.Create(CultureInfo.InvariantCulture,
                $"interrupted after step {result.Step:N0}; resume with\n  {Invocation.Of("nonet train")} "
                + $"{Invocation.QuotedPath(Path.Combine(run, "recipe.yaml"))} --resume");
        var rate = result.Tokens / Math.Max(1e-9, result.Training.TotalSeconds);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {result.Parameters:N0} weights, {result.Tokens:N0} tokens in {LineReport.Duration(result.Training)} of training ({rate:N0} tokens/s)
            held out {LineReport.Line(result.HeldOut!)}
            model    {Path.GetRelativePath(Directory.GetCurrentDirectory(), result.Averaged ?? result.Checkpoint)}
            page     {Path.Combine(run, "index.html")}
            next     {NextLine.Of(recipe, result)}
            """);
    }
}
