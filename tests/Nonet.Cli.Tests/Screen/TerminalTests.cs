using System.Text.Json;

namespace Nonet.Cli.Tests.Screen;

/// <summary>The long commands, and those that one talks with, in a pseudo-terminal.</summary>
public sealed class TerminalTests : IDisposable
{
    static readonly (string, string) plain = ("", "");
    readonly TemporaryFolder folder = new();

    public TerminalTests()
    {
        PseudoTerminal.SkipWhereThereIsNone();
        TextFiles.Write(folder["texts"]);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    string[] Quickstart(int steps) => ["quickstart", "--data", folder["texts"], "--steps", $"{steps}", "--out", folder["run"], "--threads", "2"];

    string Recipe()
    {
        folder.Add("tiny.yaml", $"""
            model: {"{kind: gpt2, layers: 1, width: 16, heads: 2, context: 16}"}
            data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
            training: {"{steps: 60, batch: 2, warmup: 1, save_every: 20}"}
            """);
        return folder["tiny.yaml"];
    }

    [Theory]
    [InlineData(80), InlineData(110)]
    public async Task Quickstart_shows_one_bar_and_leaves_only_lines(int columns)
    {
        using var terminal = PseudoTerminal.Start(folder.Path, columns, plain, Quickstart(12));
        await terminal.Until("to go");
        Assert.True(await terminal.Ended() == 0, terminal.Output);
        Assert.Contains(terminal.Rows, row =>
            row.StartsWith("validation ", StringComparison.Ordinal) && row.EndsWith("bits per byte", StringComparison.Ordinal));
        Assert.Contains(terminal.Rows, row =>
            row.StartsWith("step     12  loss ", StringComparison.Ordinal) && row.EndsWith("tokens/s", StringComparison.Ordinal));
        Assert.DoesNotContain(terminal.Rows, row => row.Contains("to go", StringComparison.Ordinal) || row.Contains('━') || row.Contains('─'));
        Assert.DoesNotContain("\e[3", terminal.Output, StringComparison.Ordinal); // no colour, so NO_COLOR changes nothing
    }

    [Fact]
    public async Task Resized_while_it_runs_it_leaves_only_lines()
    {
        using var terminal = PseudoTerminal.Start(folder.Path, 110, plain, "train", Recipe(), "--out", folder["run"], "--set", "training.steps=4000", "--set",
            "run.report_every=1");
        foreach (var columns in new[] { 60, 100, 33, 80 })
        {
            await terminal.Until("to go");
            await Task.Delay(150, Cancel);
            await terminal.Resize(columns);
        }
        Assert.True(await terminal.Ended() == 0, terminal.Output);
        Assert.Contains(terminal.Rows, row => row.StartsWith("held out ", StringComparison.Ordinal));
        // A window that is made narrower at the moment of a drawing breaks the line in two, which the terminal keeps: at most once a resize.
        Assert.True(terminal.Rows.Count(row => row.Contains("to go", StringComparison.Ordinal)) <= 4, terminal.Output);
    }

    [Theory]
    [InlineData("export TERM=dumb;", "")]
    [InlineData("unset TERM;", "")]
    [InlineData("", "2>error.txt")]
    public async Task Where_no_line_can_be_written_over_there_are_only_lines(string before, string after)
    {
        using var terminal = PseudoTerminal.Start(folder.Path, 80, ($"cd '{folder.Path}'; {before}", after), "train", Recipe(), "--out", "run");
        Assert.True(await terminal.Ended() == 0, terminal.Output);
        var error = after.Length > 0 ? await File.ReadAllTextAsync(folder["error.txt"], Cancel) : terminal.Output;
        Assert.DoesNotContain('\e', error);
        Assert.Contains("step     60/60  loss ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, ""), InlineData(110, "export NO_COLOR=1;")]
    public async Task Train_and_a_sweep_show_a_bar_while_their_json_goes_to_a_file(int columns, string before)
    {
        using (var terminal =
            PseudoTerminal.Start(folder.Path, columns, (before, $"> '{folder["run.json"]}'"), "train", Recipe(), "--out", folder["run"], "--json"))
        {
            Assert.True(await terminal.Ended() == 0, terminal.Output);
            Assert.Contains("━", terminal.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(terminal.Rows, row => row.Contains('━'));
        }
        Assert.Equal(60, JsonDocument.Parse(await File.ReadAllTextAsync(folder["run.json"], Cancel)).RootElement.GetProperty("steps").GetInt32());

        folder.Add("sweep.yaml", $"""
            train:
              model: {"{kind: gpt2, context: 16}"}
              data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
              training: {"{batch: 2, learning_rate: 1e-2}"}
            sweep: {"{plan: grid, sizes: [3000, 5000], tokens: [2000], noise_batches: 0}"}
            """);
        using (var terminal =
            PseudoTerminal.Start(folder.Path, columns, (before, $"> '{folder["sweep.json"]}'"), "scaling", "sweep", folder["sweep.yaml"], "--out",
            folder["sweep"], "--json"))
        {
            Assert.True(await terminal.Ended() == 0, terminal.Output);
            Assert.Contains("━", terminal.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(terminal.Rows, row => row.Contains('━') || row.Contains("to go", StringComparison.Ordinal));
        }
        Assert.Equal(2, JsonDocument.Parse(await File.ReadAllTextAsync(folder["sweep.json"], Cancel)).RootElement.GetProperty("runs").GetInt32());
    }

    [Fact]
    public async Task A_closed_window_saves_a_checkpoint()
    {
        Assert.SkipWhen(EndingTests.IgnoresHangUp, "the tests run under nohup, where SIGHUP is ignored");
        using var terminal = PseudoTerminal.Start(folder.Path, 80, plain, "train", Recipe(), "--out", folder["run"], "--set", "training.steps=1000000", "--set",
            "training.save_every=500000", "--set", "training.evaluate_every=500000", "--set", "run.report_every=5");
        await terminal.Until("to go");
        terminal.Close();
        await Eventually.Holds(() => Nonet.Recipes.Runs.RunStatus.Read(folder["run"]) is { State: Nonet.Recipes.Runs.RunState.Interrupted });
        Assert.True(File.Exists(folder["run/checkpoints/last"]));
    }

    [Fact]
    public async Task Ctrl_c_saves_says_so_above_the_bar_and_exits_with_130()
    {
        Assert.SkipWhen(EndingTests.Ignores(2), "the tests run in the background of a script, where SIGINT is ignored");
        using var terminal = PseudoTerminal.Start(folder.Path, 80, plain, "train", Recipe(), "--out", folder["run"], "--set", "training.steps=1000000", "--set",
            "training.save_every=500000", "--set", "training.evaluate_every=500000", "--set", "run.report_every=5");
        await terminal.Until("to go");
        terminal.Type("\u0003");
        Assert.True(await terminal.Ended() == 130, terminal.Output);
        Assert.Contains(terminal.Rows, row => row.StartsWith("nonet: saving a checkpoint, then stopping;", StringComparison.Ordinal));
        Assert.Contains(terminal.Rows, row => row.StartsWith("interrupted after step ", StringComparison.Ordinal));
        Assert.DoesNotContain(terminal.Rows, row => row.Contains('━'));
    }
}
