namespace Nonet.Cli.Tests;

/// <summary>scaling sweep.</summary>
public sealed class ScalingSweepTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public ScalingSweepTests()
    {
        TextFiles.Write(folder["texts"]);
        folder.Add("sweep.yaml", $"""
            train:
              model: {"{kind: gpt2, context: 16}"}
              data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
              training: {"{batch: 2, learning_rate: 1e-2}"}
            sweep: {"{plan: grid, sizes: [3000, 5000, 9000, 20000], tokens: [2000], noise_batches: 0}"}
            """);
    }

    public void Dispose() => folder.Dispose();

    string[] Arguments(string name, params string[] more) => ["scaling", "sweep", folder["sweep.yaml"], "--out", folder[name], "--threads", "1", .. more];

    [Fact]
    public async Task A_sweep_prints_its_table_and_can_be_fitted_as_it_is()
    {
        var done = await Program.Run(Arguments("s"));
        Assert.True(done.ExitCode == 0, done.Error);
        Assert.StartsWith("run ", done.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^held out n\d+-d2000-s1: measured \d\.\d{4}, predicted \d\.\d{4} \([+-]\d+\.\d\d %\)", done.Out);
        Assert.Matches(@"(?m)^next +dotnet .*nonet\.dll scaling fit .*runs\.csv --law chinchilla --held-out 4 ", done.Out);
        Assert.Contains("run 4/4: n", done.Error, StringComparison.Ordinal);
        var fit = (await Program.Run("scaling", "fit", folder["s/runs.csv"], "--law", "L(N)", "--where", "held_out=no", "--json")).Json;
        Assert.Equal(3, fit.GetProperty("runs").GetInt32());
        (await Program.Run(Arguments("s"))).AssertRefused(1, folder["s"], "sweep.yaml of another sweep");

        var again = (await Program.Run("scaling", "sweep", folder["s/sweep.yaml"], "--resume", "--json")).Json; // the folder that the recipe lies in
        Assert.Equal((4, 4, 0), (again.GetProperty("planned").GetInt32(), again.GetProperty("runs").GetInt32(), again.GetProperty("failed").GetArrayLength()));
        Assert.Equal("L(N)", Assert.Single(again.GetProperty("fits").EnumerateArray()).GetProperty("law").GetString());
    }

    [Fact]
    public async Task A_run_that_fails_is_named_and_the_exit_code_says_so()
    {
        var done = await Program.Run(Arguments("s", "--set", "train.training.learning_rate=1e30"));
        Assert.Equal(1, done.ExitCode);
        Assert.Matches(@"(?m)^n\d+-d2000-s1 failed: step ", done.Error);
        Assert.Contains("4 of 4 runs failed", done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_ends_with_130_and_says_how_to_go_on()
    {
        using var stop = new CancellationTokenSource();
        var running = Program.RunWith("", stop.Token, Arguments("s", "--set", "sweep.tokens=[100000000]"));
        await Eventually.Holds(() => running.IsCompleted
            || (Directory.Exists(folder["s/runs"]) && Directory.GetFiles(folder["s/runs"], "metrics.jsonl", SearchOption.AllDirectories).Length > 0));
        await stop.CancelAsync();
        var stopped = await running;
        Assert.True(stopped.ExitCode == 130, stopped.Error);
        Assert.Contains("sweep.yaml --resume", stopped.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_recipe_is_named_on_one_line_and_nothing_is_begun()
    {
        (await Program.Run(Arguments("s", "--set", "sweep.seizes=[1]"))).AssertRefused(1, "--set sweep.seizes=[1]: sweep.seizes", "the nearest is sizes");
        (await Program.Run(Arguments("s", "--set", "sweep.tokens=[1000, 1001]"))).AssertRefused(1, "are the same 31 updates");
        (await Program.Run("scaling", "sweep", folder["none.yaml"])).AssertRefused(1, folder["none.yaml"], "found no such file");
        Assert.False(Directory.Exists(folder["s"]));
    }
}
