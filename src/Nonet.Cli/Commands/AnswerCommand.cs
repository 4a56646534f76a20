using System.CommandLine;
using System.Globalization;
using Nonet.Inference.Encoders;

namespace Nonet.Cli.Commands;

/// <summary>Finds the answer to a question in a passage.</summary>
sealed class AnswerCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> question = new("QUESTION") { Description = "The question." };
    readonly Argument<string> passage =
        new("PASSAGE") { Description = "The text that contains the answer. Without it, or with -, all of standard input.", DefaultValueFactory = _ => "-" };
    readonly Option<double?> nullThreshold =
        Flags.Number("--null-threshold", "Allow \"no answer\": report it if its score exceeds that of the best answer by more than X.", "a number", _ => true);
    readonly Option<int?> top = Flags.Whole("--top", "Number of answers to show.", 1, 1000, otherwise: 1);
    readonly Option<bool> json = Flags.MakeJson();

    public AnswerCommand(Terminal terminal) : base("answer", "Find the answer to a question in a passage.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(question);
        Add(passage);
        foreach (var option in new Option[] { nullThreshold, top, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var shown = parsed.GetValue(top)!.Value;
        var answerer = new QuestionAnswerer(open.Task, open.LoadTokenizer())
        {
            NullThreshold = parsed.GetValue(nullThreshold),
            Spans = new SpanOptions { Best = Math.Max(shown, new SpanOptions().Best) },
        };
        var text = parsed.GetRequiredValue(passage) is var given && given == "-" ? terminal.ReadAll() : given;
        Answer[] answers = [.. answerer.Find(parsed.GetRequiredValue(question), text).Take(shown)];
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("answers");
                foreach (var answer in answers)
                {
                    fields.WriteStartObject();
                    fields.WriteString("text", answer.Text);
                    fields.WriteNumber("start", answer.Start);
                    fields.WriteNumber("end", answer.End);
                    fields.WriteNumber("score", answer.Score);
                    fields.WriteNumber("probability", answer.Probability);
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
            });
            return ExitCode.Done;
        }
        foreach (var answer in answers)
        {
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"{answer.Probability:0.0000}  {(answer.Text.Length > 0 ? answer.Text : "(no answer in the passage)")}"));
        }
        return ExitCode.Done;
    }
}
