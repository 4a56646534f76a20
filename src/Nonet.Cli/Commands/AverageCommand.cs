using System.CommandLine;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Files;

namespace Nonet.Cli.Commands;

/// <summary>Writes a model with the mean of several checkpoints' weights.</summary>
sealed class AverageCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string[]> models =
        new("MODEL...")
        {
            Description = "A run folder, whose newest checkpoints are averaged, or several Hugging Face folders of one shape.",
            Arity = ArgumentArity.OneOrMore
        };
    readonly Option<int?> last = Flags.Whole("--last", "Number of newest checkpoints of a run; by default 5, or all if there are fewer.", 1);
    readonly Option<string> output = new("--out") { Description = "The folder to write.", HelpName = "DIR", Required = true };

    public AverageCommand(Terminal terminal) : base("average", "Average the weights of checkpoints into one model.")
    {
        this.terminal = terminal;
        Add(models);
        Add(last);
        Add(output);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        var (given, folder, asked) = (parsed.GetRequiredValue(models), parsed.GetRequiredValue(output), parsed.GetValue(last));
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new IOException($"{folder}: the folder exists already; name another one");
        string[] folders = given is [var run] && Directory.Exists(Path.Combine(run, "checkpoints"))
            ? [.. new CheckpointFolder(Path.Combine(run, "checkpoints")).All.TakeLast(asked ?? 5)]
            : [.. given.Select(ModelPath.Resolve)];
        if (folders.Length == 0)
            throw new FileNotFoundException($"{given[0]}: found no checkpoint; expected at least one");
        if (asked > folders.Length)
        {
            throw new UsageException(
                $"--last is {asked}: found {Counted.Of(folders.Length, "checkpoint")} in {given[0]} "
                + $"({string.Join(", ", folders.Select(f => Path.GetFileName(f)))}); "
                + $"ask for at most {folders.Length}, or train with a larger run.keep");
        }
        using var device = Flags.Device(parsed);
        WeightAverage.Save(folders, folder, device);
        terminal.Error.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
            $"{folder}: the mean of {Counted.Of(folders.Length, "model")}: {string.Join(", ", folders.Select(f => Path.GetFileName(f)))}"));
        return ExitCode.Done;
    }
}
