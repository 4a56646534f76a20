using System.CommandLine;
using Nonet.Files;
using Nonet.Server.Ranking.Store;

namespace Nonet.Cli.Commands;

/// <summary>Writes rankings to a file.</summary>
sealed class RankExportCommand : Command
{
    static readonly (string Name, RankingLayout Layout)[] layouts =
        [("rankings", RankingLayout.Rankings), ("pairs", RankingLayout.Pairs), ("hh-rlhf", RankingLayout.HhRlhf)];

    readonly Terminal terminal;
    readonly Argument<string> file = new("FILE") { Description = "JSON Lines to write." };
    readonly Option<string> store = RankFlags.MakeStore();
    readonly Option<string> layout =
        new("--layout")
        {
            Description = "rankings: {prompt, answers, ranks}; pairs: {prompt, chosen, rejected}; hh-rlhf: {chosen, rejected} of whole dialogues.",
            HelpName = "rankings|pairs|hh-rlhf",
            DefaultValueFactory = _ => layouts[0].Name,
        };
    readonly Option<string?> labeller = new("--labeller") { Description = "Only rankings of this labeller.", HelpName = "NAME" };
    readonly Option<bool> merged = new("--merged") { Description = "Join the rankings of a prompt; the majority decides each pair." };
    readonly Option<bool> json = Flags.MakeJson();

    public RankExportCommand(Terminal terminal) : base("export", "Write submitted rankings as JSON Lines, for reward models and preference tuning.")
    {
        this.terminal = terminal;
        layout.AcceptOnlyFromAmong([.. layouts.Select(l => l.Name)]);
        Add(file);
        foreach (var option in new Option[] { store, layout, labeller, merged, json })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        await using var kept = await RankFlags.OpenExisting(parsed.GetRequiredValue(store), stopping);
        var (path, name) = (parsed.GetRequiredValue(file), parsed.GetRequiredValue(layout));
        var written = await kept.ExportAsync(path, new RankingExportOptions
        {
            Layout = layouts.First(l => l.Name == name).Layout,
            Labeller = parsed.GetValue(labeller),
            Merged = parsed.GetValue(merged),
        }, stopping);
        foreach (var warning in written.Warnings)
            terminal.Error.WriteLine($"warning: {warning}");
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteString("file", path);
                fields.WriteString("layout", name);
                fields.WriteNumber("lines", written.Lines);
            });
            return ExitCode.Done;
        }
        terminal.Out.WriteLine($"{Counted.Of(written.Lines, name == layouts[0].Name ? "ranking" : "pair")} in {path}");
        return ExitCode.Done;
    }
}
