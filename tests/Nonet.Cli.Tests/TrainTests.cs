using System.Diagnostics;
using System.Globalization;

namespace Nonet.Cli.Tests;

/// <summary>nonet train and nonet runs.</summary>
public sealed class TrainTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainTests()
    {
        TextFiles.Write(folder["texts"]);
        folder.Add("tiny.yaml", $"""
            model: {"{kind: gpt2, layers: 1, width: 16, heads: 2, context: 16}"}
            data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
            training: {"{steps: 6, batch: 2, warmup: 1, save_every: 2}"}
            """);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    string[] Arguments(string run, params string[] more) => ["train", folder["tiny.yaml"], "--out", folder[run], .. more];

    [Fact]
    public async Task Trains_and_says_what_came_of_it()
    {
        var done = await Program.Run(Arguments("run"));
        Assert.True(done.ExitCode == 0, done.Error);
        Assert.Matches(@"(?m)^[\d,]+ weights, 192 tokens in ", done.Out);
        Assert.Matches(@"(?m)^held out \d\.\d+ nats per token, \d\.\d+ bits per byte$", done.Out);
        Assert.All(new[] { "recipe.yaml", "run.json", "state.json", "metrics.jsonl", "events.out.tfevents.nonet", "index.html", "plots/loss.svg",
            "checkpoints/last" }, name => Assert.True(File.Exists(folder[$"run/{name}"]), name));
        Assert.Equal(0,
            (await Program.Run("generate", folder["run"], "the", "--max-tokens", "3", "--min-p", "0.1", "--repetition-penalty", "1.2", "--stop", "zzzz"))
            .ExitCode);
        (await Program.Run(Arguments("run"))).AssertRefused(1, folder["run"], "exists already");
    }

    [Fact]
    public async Task Json_has_the_fields_of_quickstart()
    {
        var json = (await Program.Run(Arguments("run", "--json", "--set", "training.steps=3", "--set", "training.batch=3"))).Json;
        Assert.Equal(
            ["steps", "interrupted", "params", "tokens", "training_s", "data_s", "logging_s", "flops", "validation_nats_per_token", "validation_bits_per_byte",
                "run", "checkpoint"],
            json.EnumerateObject().Select(f => f.Name));
        Assert.Equal((3, 144), (json.GetProperty("steps").GetInt32(), json.GetProperty("tokens").GetInt32()));
    }

    [Fact]
    public async Task A_wrong_recipe_is_named_on_one_line_and_nothing_is_begun()
    {
        (await Program.Run(Arguments("run", "--set", "training.setps=1"))).AssertRefused(1, "--set training.setps=1: training.setps", "the nearest is steps");
        (await Program.Run(Arguments("run", "--set", "training.batch=-1")))
            .AssertRefused(1, "training.batch: found '-1'; expected a whole number from 1 to 1048576");
        (await Program.Run("train", folder["none.yaml"])).AssertRefused(1, folder["none.yaml"], "found no such file");
        folder.Add("broken.yaml", "model: {kind: gpt2}\ntraining:\n  steps: ten\n");
        (await Program.Run("train", folder["broken.yaml"])).AssertRefused(1, $"{folder["broken.yaml"]}:3: training.steps: found 'ten'");
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public async Task A_recipe_in_its_run_folder_resumes_the_run_there()
    {
        Assert.Equal(0, (await Program.Run(Arguments("run"))).ExitCode);
        Directory.Delete(folder["run/checkpoints/step-6"], recursive: true);
        await File.WriteAllTextAsync(folder["run/checkpoints/last"], "step-4\n", Cancel);
        File.Delete(folder["run/checkpoints/best"]);
        var before = await File.ReadAllTextAsync(folder["run/recipe.yaml"], Cancel);
        Assert.Equal(64, (await Program.Run("train", folder["run/recipe.yaml"], "--resume", "--json")).Json.GetProperty("tokens").GetInt32());
        Assert.Equal(before, await File.ReadAllTextAsync(folder["run/recipe.yaml"], Cancel));
        (await Program.Run("train", folder["run/recipe.yaml"], "--resume", "--set", "training.seed=2"))
            .AssertRefused(1, folder["run"], "training.seed: 1 in the run, 2 now");
        (await Program.Run(Arguments("none", "--resume"))).AssertRefused(1, folder["none"], "there is no run to resume");
    }

    [Fact]
    public async Task A_run_is_resumed_without_repeating_what_it_was_started_with_and_made_longer()
    {
        Assert.Equal(0, (await Program.Run(Arguments("run", "--set", "training.steps=2", "--set", "training.batch=3"))).ExitCode);
        Assert.Equal(2, (await Program.Run(Arguments("run", "--resume", "--json"))).Json.GetProperty("steps").GetInt32());
        var longer = await Program.Run(Arguments("run", "--resume", "--set", "training.steps=5", "--json"));
        Assert.Equal(5, longer.Json.GetProperty("steps").GetInt32());
        Assert.Contains($"resumed: {folder["run"]}, from step 2 of 5", longer.Error, StringComparison.Ordinal);
        (await Program.Run(Arguments("run", "--resume", "--set", "training.batch=2")))
            .AssertRefused(1, "training.batch: 3 in the run, 2 now", "or start a new run without --resume");
    }

    [Fact]
    public async Task A_second_process_on_one_folder_is_refused_and_a_kill_leaves_no_lock()
    {
        string[] endless = ["--set", "training.steps=1000000", "--set", "training.save_every=20", "--set", "training.evaluate_every=100000"];
        using (var process = Program.Start(Arguments("run", endless)))
        {
            var ended = Program.End(process);
            await Eventually.Holds(() => process.HasExited || File.Exists(folder["run/checkpoints/last"]));
            (await Program.Run(Arguments("run", [.. endless, "--resume"]))).AssertRefused(1, folder["run"], "another process is training in this folder");
            Assert.Contains("running at ", (await Program.Run("runs", folder.Path)).Out, StringComparison.Ordinal);
            process.Kill();
            await ended;
        }
        Assert.Contains("killed at ", (await Program.Run("runs", folder.Path)).Out, StringComparison.Ordinal);
        using (var process = Program.Start(Arguments("run", [.. endless, "--resume"])))
        {
            var ended = Program.End(process);
            await Eventually.Holds(() => process.HasExited || Nonet.Recipes.Runs.RunStatus.Read(folder["run"])?.State == Nonet.Recipes.Runs.RunState.Running);
            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(Cancel);
            var stopped = await ended;
            Assert.True(stopped.ExitCode == 130, stopped.Error);
            Assert.Contains("recipe.yaml --resume", stopped.Out, StringComparison.Ordinal);
        }
        Assert.Contains("interrupted at ", (await Program.Run("runs", folder.Path)).Out, StringComparison.Ordinal);
    }

    [Fact] // as a kill leaves it: the state, the recipe as run, and a part of the data
    public async Task A_run_that_was_killed_while_it_prepared_its_data_is_named_and_started_again_by_the_same_command()
    {
        var whole = await Program.Run(Arguments("whole", "--json"));
        new Nonet.Recipes.Runs.RunStatus(Nonet.Recipes.Runs.RunState.Preparing, 0, 0, null).Write(Directory.CreateDirectory(folder["run"]).FullName);
        foreach (var file in (string[])["recipe.yaml", "source.yaml"])
            File.Copy(folder["whole/" + file], folder["run/" + file]);
        folder.Add("run/notes.txt", "mine");
        Assert.Contains("killed while preparing", (await Program.Run("runs", folder["run"])).Out, StringComparison.Ordinal);
        var again = await Program.Run(Arguments("run", "--json"));
        Assert.Equal(whole.Json.GetProperty("steps").GetInt32(), again.Json.GetProperty("steps").GetInt32());
        Assert.Equal("mine", File.ReadAllText(folder["run/notes.txt"]));
        Assert.Contains("finished", (await Program.Run("runs", folder["run"])).Out, StringComparison.Ordinal);
        (await Program.Run(Arguments("run"))).AssertRefused(1, "exists already");
    }

    [Fact]
    public async Task Runs_are_listed_and_compared()
    {
        Assert.Equal(0, (await Program.Run(Arguments("runs/a"))).ExitCode);
        Assert.Equal(0, (await Program.Run(Arguments("runs/b", "--set", "training.batch=3"))).ExitCode);
        var list = (await Program.Run("runs", folder["runs"], "--json")).Json.GetProperty("runs");
        Assert.Equal(["a", "b"], list.EnumerateArray().Select(r => r.GetProperty("name").GetString()).Order());
        Assert.All(list.EnumerateArray(), r => Assert.Equal("finished", r.GetProperty("state").GetString()));
        var table = (await Program.Run("runs", folder["runs"])).Out;
        Assert.StartsWith("name  model ", table, StringComparison.Ordinal);
        Assert.Equal(3, table.TrimEnd('\n').Split('\n').Length);

        var compared = await Program.Run("runs", "compare", folder["runs/a"], folder["runs/b"]);
        Assert.True(compared.ExitCode == 0, compared.Error);
        Assert.Matches(@"(?m)^batch +2 +3$", compared.Out);
        Assert.True(File.Exists(folder["runs/compare.html"]));
        var json = (await Program.Run("runs", "compare", folder["runs/a"], folder["runs/b"], "--out", folder["c.html"], "--json")).Json;
        Assert.Equal(["2", "3"], json.GetProperty("differences").GetProperty("batch").EnumerateArray().Select(v => v.GetString()));
        Assert.True(File.Exists(folder["c.html"]));

        (await Program.Run("runs", folder["nothing"])).AssertRefused(1, folder["nothing"], "found no such folder");
        (await Program.Run("runs", "compare", folder["runs/a"], folder["texts"])).AssertRefused(1, folder["texts"], "expected a run folder");
    }
}
