using System.CommandLine;
using System.Globalization;
using Nonet.Evaluation.Runs;
using Nonet.Recipes.Evaluation;

namespace Nonet.Cli.Commands;

/// <summary>Compares two evaluations item by item.</summary>
sealed class EvalCompareCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> first = new("RUN_A") { Description = "The folder of an evaluation." };
    readonly Argument<string> second = new("RUN_B") { Description = "Folder of an evaluation of another model on the same tasks." };
    readonly Option<string?> page = new("--out") { Description = "Write a page with both models' answers side by side.", HelpName = "FILE.html" };
    readonly Option<bool> json = Flags.MakeJson();

    public EvalCompareCommand(Terminal terminal) : base("compare", "Compare two models on the same items by a paired test.")
    {
        this.terminal = terminal;
        Add(first);
        Add(second);
        Add(page);
        Add(json);
        SetAction(Run);
    }

    int Run(ParseResult parsed)
    {
        var (a, b) = (EvaluationFolder.Open(parsed.GetRequiredValue(first)), EvaluationFolder.Open(parsed.GetRequiredValue(second)));
        var figures = EvaluationComparison.Of(a, b);
        if (parsed.GetValue(page) is { } file)
            EvaluationReport.WriteComparison(file, a, b, figures);
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("results");
                foreach (var f in figures)
                {
                    fields.WriteStartObject();
                    fields.WriteString("task", f.Task);
                    fields.WriteNumber("shots", f.Shots);
                    fields.WriteString("metric", f.Metric);
                    foreach (var (name, value) in new[] { ("a", f.A), ("b", f.B), ("difference", f.Test.Difference), ("stderr", f.Test.StandardError),
                        ("low", f.Test.Interval.Low), ("high", f.Test.Interval.High), ("p", f.Test.PValue) })
                        fields.WriteNumber(name, value);
                    fields.WriteNumber("items", f.Test.Items);
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
            });
            return ExitCode.Done;
        }
        terminal.Out.WriteLine($"A {a.Info.Model}, B {b.Info.Model}");
        var table = new TextTable("task", "shots", "metric", "A", "B", "B - A", "95 % interval", "p", "items");
        foreach (var f in figures)
            table.Add(f.Task, $"{f.Shots}", f.Metric, EvalCommand.Number(f.A), EvalCommand.Number(f.B), EvalCommand.Number(f.Test.Difference),
                $"{EvalCommand.Number(f.Test.Interval.Low)} to {EvalCommand.Number(f.Test.Interval.High)}",
                f.Test.PValue.ToString("0.0000", CultureInfo.InvariantCulture), $"{f.Test.Items}");
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, (0, 12));
        return ExitCode.Done;
    }
}
