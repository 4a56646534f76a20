using System.CommandLine;
using System.Globalization;
using Nonet.Data.Mixtures;
using Nonet.Recipes.Mixtures;
using Nonet.Text;

namespace Nonet.Cli.Commands;

/// <summary>Shows the plan of a mixture, and writes its held-out tasks for nonet eval.</summary>
sealed class DataMixtureCommand : Command
{
    const int LongestName = 60;

    readonly Terminal terminal;
    readonly Argument<string> file = new("FILE") { Description = "A mixture in YAML, such as recipes/mixtures/symbols.yaml." };
    readonly Option<string[]> set =
        new("--set") { Description = "Change a setting: KEY=VALUE, such as held_out_rows=20 or submixtures.0.few_shot=0.", HelpName = "KEY=VALUE" };
    readonly Option<string?> data = new("--data") { Description = "Folder with the tasks' files; data/ by default.", HelpName = "DIR" };
    readonly Option<string?> model =
        new("--model")
        {
            Description = "The model whose tokenizer counts tokens, for max_input and others; without it no row is left out for its length.",
            HelpName = "MODEL"
        };
    readonly Option<int?> examples =
        Flags.Whole("--examples", "Number of first examples from which the realised shares are measured; 10,000 by default.", 1, 100_000_000);
    readonly Option<int?> show = Flags.Whole("--show", "Number of examples to print besides.", 1, 10_000);
    readonly Option<string?> tasks =
        new("--write-tasks") { Description = "Write the held-out clusters, rows and phrasings as tasks for nonet eval into this folder.", HelpName = "DIR" };
    readonly Option<int?> limit = Flags.Whole("--limit", "With --write-tasks: the maximum number of items of each task; 100 by default.", 1, 1_000_000);
    readonly Option<bool> json = Flags.MakeJson();

    public DataMixtureCommand(Terminal terminal) : base("mixture", "Show the shares, formats and leaks of a mixture of instruction tasks.")
    {
        this.terminal = terminal;
        Add(file);
        foreach (var option in new Option[] { set, data, model, examples, show, tasks, limit, json })
            Add(option);
        SetAction((parsed, _) => Task.Run(() => Run(parsed), CancellationToken.None));
    }

    int Run(ParseResult parsed)
    {
        var path = parsed.GetValue(file)!;
        var options = MixtureFile.Load(path, parsed.GetValue(set) ?? []);
        var tokenizer = parsed.GetValue(model) is { } named ? Tokenizer.Load(Checkpoints.ModelPath.Resolve(named)) : null;
        var mixture = MixtureFile.Open(options, EvalCommand.Library, EvalCommand.DataFolder(parsed.GetValue(data)),
            Path.GetDirectoryName(Path.GetFullPath(path)), tokenizer is null ? null : text => tokenizer.EncodePlain(text).Length);
        var count = parsed.GetValue(examples) ?? 10_000;
        if (parsed.GetValue(json))
            terminal.Out.WriteLine(MixtureManifest.Of(mixture, count).ToJsonString());
        else
            Write(mixture, count);
        for (var i = 0; i < parsed.GetValue(show); i++)
        {
            var example = mixture[i];
            terminal.Text.WriteLine(
                $"=== example {i}: {MixtureManifest.FormatOf(mixture.DrawOf(i))}; {mixture.Shares[mixture.DrawOf(i).Share].Name}, "
                + $"{example.Place.Row}\n{example.Prompt}⟧{example.Completion}");
        }
        if (parsed.GetValue(tasks) is { } folder)
        {
            foreach (var written in MixtureTasks.Write(mixture, folder, parsed.GetValue(limit) ?? 100))
                terminal.Error.WriteLine($"written: {written}");
        }
        return ExitCode.Done;
    }

    void Write(InstructionMixture mixture, int count)
    {
        var table = new TextTable("sub-mixture", "cluster", "task", "rows", "too long", "counted", "planned %", "realised %", "epochs");
        foreach (var share in MixtureManifest.Realised(mixture, count))
        {
            var (planned, s) = (share.Share, CultureInfo.InvariantCulture);
            table.Add(planned.Submixture, planned.Task.Cluster, Short(planned.Name), planned.Rows.ToString(s), planned.TooLong.ToString(s),
                planned.Counted.ToString(s), (100 * planned.Rate).ToString("0.00", s), (100 * share.Realised).ToString("0.00", s),
                share.Epochs.ToString("0.00", s));
        }
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, (2, 20));
        var held = mixture.HeldOutTasks;
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
            $"{mixture.Shares.Count(s => !s.Inverted)} tasks to train on; realised shares of the first {count:N0} examples"));
        terminal.Out.WriteLine(
            held.Count == 0 ? "no cluster is held out"
            : $"held out: {string.Join(", ", held.GroupBy(t => t.Cluster).Select(g => $"{g.Key} ({g.Count()} tasks)"))}");
        var leaks = MixtureLeaks.Of(mixture);
        foreach (var leak in leaks)
            terminal.Out.WriteLine($"leak: {Short(leak.HeldOut)} and {Short(leak.Training)}: {Describe(leak)}");
        if (held.Count > 0 && leaks.Count == 0)
            terminal.Out.WriteLine($"no leak: no data set, row or {mixture.Options.Overlap} words in a row are in both");
    }

    static string Describe(MixtureLeak leak) => leak.Kind switch
    {
        LeakKind.SameDataset => $"one data set, {leak.Shared}",
        LeakKind.SameRows => $"{leak.Rows} of {leak.Of} rows are the same, such as \"{leak.Shared}\"",
        LeakKind.InvertedRows => $"{leak.Rows} of {leak.Of} rows with question and answer exchanged, such as \"{leak.Shared}\"",
        _ => $"{leak.Rows} of {leak.Of} rows share words in a row, such as \"{leak.Shared}\"",
    };

    static string Short(string name) => name.Length <= LongestName ? name : name[..(LongestName - 3)] + "...";
}
