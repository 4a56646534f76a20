using System.CommandLine;
using System.Globalization;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;

namespace Nonet.Cli.Commands;

/// <summary>Looks for the items of tasks in a training corpus.</summary>
sealed class EvalContaminationCommand : Command
{
    const int Shown = 20;

    readonly Terminal terminal;
    readonly Argument<string[]> tasks =
        new("TASKS")
        {
            Description = "Tasks by name or file, comma separated.",
            CustomParser = result =>
        [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
            Arity = ArgumentArity.ExactlyOne
        };
    readonly Argument<string> corpus = new("CORPUS") { Description = "A file or folder of texts (.txt, .jsonl, .parquet, plain or .gz)." };
    readonly Option<string> field =
        new("--field") { Description = "The text in JSONL and Parquet files.", DefaultValueFactory = _ => "text", HelpName = "NAME" };
    readonly Option<string?> data = new("--data") { Description = "Folder with the tasks' files; data/ by default.", HelpName = "DIR" };
    readonly Option<bool> json = Flags.MakeJson();

    public EvalContaminationCommand(Terminal terminal)
        : base("contamination", $"Find items of tasks in a training corpus: those that share {Contamination.Length} words in a row with it.")
    {
        this.terminal = terminal;
        Add(tasks);
        Add(corpus);
        foreach (var option in new Option[] { field, data, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var (path, folder) = (parsed.GetRequiredValue(corpus), EvalCommand.DataFolder(parsed.GetValue(data)));
        if (!Path.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file or folder; expected the training corpus");
        var loaded = parsed.GetRequiredValue(tasks).Select(name => EvalCommand.Library.Open(name))
            .Select(t => LoadedTask.Read(t.Task, new TaskFolders(folder, t.Folder))).ToArray();
        var source = new DataSource { Path = path, Field = parsed.GetRequiredValue(field) };
        var results = Contamination.Search(loaded, Corpus.Read(source).Select(d => d.Text), stopping);
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("results");
                foreach (var r in results)
                {
                    fields.WriteStartObject();
                    fields.WriteString("task", r.Task);
                    fields.WriteNumber("items", r.Items);
                    fields.WriteNumber("short", r.Short);
                    fields.WriteStartArray("hits");
                    foreach (var (place, shared) in r.Hits)
                    {
                        fields.WriteStartObject();
                        fields.WriteString("place", place);
                        fields.WriteString("shared", shared);
                        fields.WriteEndObject();
                    }
                    fields.WriteEndArray();
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
            });
            return ExitCode.Done;
        }
        foreach (var r in results)
        {
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"{r.Task}: {r.Hits.Count:N0} of {r.Items:N0} items share {Contamination.Length} words in a row with {path}; {r.Short:N0} are too short to "
                + $"be looked for"));
            foreach (var (place, shared) in r.Hits.Take(Shown))
                terminal.Out.WriteLine($"  {place}: {shared}");
            if (r.Hits.Count > Shown)
                terminal.Out.WriteLine($"  and {r.Hits.Count - Shown} more; --json lists them all");
        }
        return ExitCode.Done;
    }
}
