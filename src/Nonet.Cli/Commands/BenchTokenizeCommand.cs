using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Nonet.Cli.Commands;

/// <summary>Times the encoding of a text on one thread.</summary>
sealed class BenchTokenizeCommand : Command
{
    readonly Terminal terminal;
    readonly Option<string> model = new("--model") { Description = "A folder with a tokenizer.", HelpName = "MODEL", Required = true };
    readonly Option<string> file = new("--file") { Description = "A text file in UTF-8.", HelpName = "FILE", Required = true };
    readonly Option<bool> json = Flags.MakeJson();

    public BenchTokenizeCommand(Terminal terminal)
        : base("tokenize", "Time the encoding of a text on one thread, and print the median of five runs, each with a newly opened tokenizer.")
    {
        this.terminal = terminal;
        foreach (var option in new Option[] { model, file, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), stopping));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var (folder, path) = (parsed.GetRequiredValue(model), parsed.GetRequiredValue(file));
        var text = Data.Corpora.TextFile.Read(path);
        var (seconds, tokens) = (new List<double>(), 0);
        for (var i = 0; i < 5; i++)
        {
            stopping.ThrowIfCancellationRequested();
            var tokenizer = TokenizeCommand.Load(folder); // a new tokenizer, whose cache of words is empty
            var start = Stopwatch.GetTimestamp();
            tokens = tokenizer.EncodePlain(text).Length;
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        var rate = Encoding.UTF8.GetByteCount(text) / 1e6 / Median.Of(seconds);
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("mb_per_s", Math.Round(rate, 3));
                fields.WriteNumber("tokens", tokens);
            });
        }
        else
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} MB/s, {tokens:N0} tokens"));
        return ExitCode.Done;
    }
}
