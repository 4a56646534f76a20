using System.CommandLine;
using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Server.Ranking.Store;

namespace Nonet.Cli.Commands;

/// <summary>Adds rankings from a file.</summary>
sealed class RankImportCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> file =
        new("FILE") { Description = "JSON Lines, plain or .gz: rankings, pairs {prompt, chosen, rejected}, or dialogues {chosen, rejected} as in HH-RLHF." };
    readonly Option<string> store = RankFlags.MakeStore();
    readonly Option<string?> labeller =
        new("--labeller") { Description = "Labeller of lines that name none; by default imported, imported 2, and so on.", HelpName = "NAME" };
    readonly Option<string?> mark =
        new("--answer-mark") { Description = "For dialogues: what the last answer follows; \"\\n\\nAssistant:\" by default.", HelpName = "TEXT" };
    readonly Option<bool> json = Flags.MakeJson();

    public RankImportCommand(Terminal terminal) : base("import", "Add rankings from JSON Lines; existing ones are not added again.")
    {
        this.terminal = terminal;
        Add(file);
        foreach (var option in new Option[] { store, labeller, mark, json })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        var options = new RankingOptions { Path = parsed.GetRequiredValue(file) };
        if (parsed.GetValue(mark) is { } text)
            options = options with { AnswerMark = text.Replace("\\n", "\n", StringComparison.Ordinal) };
        await using var kept = await RankingStore.OpenAsync(parsed.GetRequiredValue(store), stopping: stopping);
        var read = await kept.ImportAsync(options, parsed.GetValue(labeller), stopping);
        if (read.WithoutComparison > 0)
            terminal.Error.WriteLine(
                $"warning: {Counted.Of(read.WithoutComparison, "line")} left out: a single answer, the same answer twice, or fewer than two "
                + "ranks");
        if (read.Contradicted is [var first, ..])
            terminal.Error.WriteLine(
                $"warning: {Counted.Of(read.Contradicted.Count, "line")} left out, the first of them {first}: the labeller has ranked these "
                + "answers otherwise before");
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("added", read.Added);
                fields.WriteNumber("known", read.Known);
                fields.WriteNumber("without_comparison", read.WithoutComparison);
                fields.WriteNumber("contradicted", read.Contradicted.Count);
            });
            return ExitCode.Done;
        }
        terminal.Out.WriteLine($"{Counted.Of(read.Added, "ranking")} added to {kept.Place}, {read.Known} there already");
        return ExitCode.Done;
    }
}
