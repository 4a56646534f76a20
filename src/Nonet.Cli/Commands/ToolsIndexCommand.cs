using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.ToolUse.Indexing;

namespace Nonet.Cli.Commands;

/// <summary>Makes a search index of the user's texts.</summary>
sealed class ToolsIndexCommand : Command
{
    static readonly TimeSpan pause = TimeSpan.FromSeconds(2);

    readonly Terminal terminal;
    readonly Argument<string> path = new("FILE")
    {
        Description = "A .txt, .jsonl or .parquet file, or a MediaWiki dump (.xml), plain or .gz; or a folder of texts.",
    };
    readonly Option<string> output = new("--out") { Description = "Folder for the index.", HelpName = "DIR", Required = true };
    readonly Option<string> field =
        new("--field") { Description = "JSONL field or Parquet column with the text.", HelpName = "NAME", DefaultValueFactory = _ => "text" };
    readonly Option<string> title =
        new("--title-field") { Description = "JSONL field with the title, if there is one.", HelpName = "NAME", DefaultValueFactory = _ => "title" };
    readonly Option<int?> words = Flags.Whole("--words", "Maximum number of words in a passage.", 1, 10_000, otherwise: 100);
    readonly Option<bool> json = Flags.MakeJson();

    public ToolsIndexCommand(Terminal terminal) : base("index", "Make a search index (BM25) of texts or of a MediaWiki dump.")
    {
        this.terminal = terminal;
        Add(path);
        foreach (var option in new Option[] { output, field, title, words, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var source = new PassageSource
        {
            Path = parsed.GetRequiredValue(path),
            Field = parsed.GetRequiredValue(field),
            TitleField = parsed.GetRequiredValue(title),
            Words = parsed.GetValue(words)!.Value,
        };
        var folder = parsed.GetRequiredValue(output);
        var (start, last) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
        var size = SearchIndexWriter.Write(folder, source.Read(), Report, stopping);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteString("index", Path.GetFullPath(folder));
                fields.WriteNumber("passages", size.Passages);
                fields.WriteNumber("terms", size.Terms);
                fields.WriteNumber("seconds", Math.Round(seconds, 3));
            });
        }
        else
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{folder}: {size.Passages:N0} passages, {size.Terms:N0} different words, in {seconds:0.0} s"));
        }
        return ExitCode.Done;

        void Report(int passages)
        {
            if (Stopwatch.GetElapsedTime(last) < pause)
                return;
            last = Stopwatch.GetTimestamp();
            var rate = passages / Stopwatch.GetElapsedTime(start).TotalSeconds;
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passages:N0} passages, {rate:N0} per second"));
        }
    }
}
