using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.ToolUse.Indexing;

namespace Nonet.Cli.Commands;

/// <summary>Searches an index.</summary>
sealed class ToolsSearchCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> folder = new("INDEX") { Description = "A folder that nonet tools index wrote." };
    readonly Argument<string> query = new("QUERY") { Description = "Words in any order." };
    readonly Option<int?> top = Flags.Whole("--top", "Most passages.", 1, 1000, otherwise: 5);
    readonly Option<bool> json = Flags.MakeJson();

    public ToolsSearchCommand(Terminal terminal) : base("search", "Find the passages of an index that fit some words best.")
    {
        this.terminal = terminal;
        Add(folder);
        Add(query);
        Add(top);
        Add(json);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        using var index = SearchIndex.Open(parsed.GetRequiredValue(folder));
        var start = Stopwatch.GetTimestamp();
        var found = index.Search(parsed.GetRequiredValue(query), parsed.GetValue(top)!.Value);
        var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("passages");
                foreach (var passage in found)
                {
                    fields.WriteStartObject();
                    fields.WriteNumber("number", passage.Number);
                    fields.WriteNumber("score", Math.Round(passage.Score, 4));
                    fields.WriteString("title", passage.Passage.Title);
                    fields.WriteString("text", passage.Passage.Text);
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
                fields.WriteNumber("ms", Math.Round(milliseconds, 3));
            });
            return ExitCode.Done;
        }
        foreach (var passage in found)
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passage.Score,6:0.00}  {passage.Passage}"));
        if (found.Count == 0)
            terminal.Out.WriteLine("no passage has one of these words");
        return ExitCode.Done;
    }
}
