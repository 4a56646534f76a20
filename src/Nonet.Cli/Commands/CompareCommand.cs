using System.CommandLine;
using System.Globalization;
using Nonet.Recipes.Runs;

namespace Nonet.Cli.Commands;

/// <summary>Compares runs: the options that differ, the results, and the curves in one chart.</summary>
sealed class CompareCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string[]> runs = new("RUN") { Description = "Two or more run folders.", Arity = new ArgumentArity(2, 32) };
    readonly Option<string?> output =
        new("--out") { Description = "Page with the curves; by default compare.html next to the first run.", HelpName = "FILE.html" };
    readonly Option<bool> json = Flags.MakeJson();

    public CompareCommand(Terminal terminal)
        : base("compare", "Compare runs, as in nonet runs compare A B: their different options, their results, and their curves in one chart.")
    {
        this.terminal = terminal;
        Add(runs);
        Add(output);
        Add(json);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        var comparison = RunComparison.Of(parsed.GetRequiredValue(runs));
        var page = parsed.GetValue(output) ?? Path.Combine(Path.GetDirectoryName(comparison.Runs[0].Folder)!, "compare.html");
        comparison.WritePage(page);
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("runs");
                foreach (var run in comparison.Runs)
                    RunsCommand.Write(fields, run);
                fields.WriteEndArray();
                fields.WriteStartObject("differences");
                foreach (var (option, values) in comparison.Differences)
                {
                    fields.WriteStartArray(option);
                    foreach (var value in values)
                        fields.WriteStringValue(value);
                    fields.WriteEndArray();
                }
                fields.WriteEndObject();
                fields.WriteString("page", page);
            });
            return ExitCode.Done;
        }
        var table = new TextTable(["", .. comparison.Names]);
        foreach (var (option, values) in comparison.Differences)
            table.Add([option, .. values]);
        foreach (var (name, values) in comparison.Results)
            table.Add([name, .. values]);
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, [.. comparison.Names.Select((_, i) => (i + 1, 12)), (0, 16)]);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"curves  {Path.GetRelativePath(Directory.GetCurrentDirectory(), page)}"));
        return ExitCode.Done;
    }
}
