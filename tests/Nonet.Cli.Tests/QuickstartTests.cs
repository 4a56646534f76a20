using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Nonet.Cli.Tests;

/// <summary>The main job, a few steps of it.</summary>
public class QuickstartTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trains_tells_and_leaves_a_model_that_writes()
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        var run = folder["run"];
        var done = await Program.Run("quickstart", "--data", folder["texts"], "--steps", "4", "--out", run, "--seed", "3");
        Assert.True(done.ExitCode == 0, done.Error);
        Assert.Matches(@"(?m)^validation \d\.\d\d bits per byte$", done.Out);
        Assert.Matches(@"(?m)^[\d,]+ weights, 8,192 tokens in \d+ s of training", done.Out);
        Assert.Matches($"(?m)^next .*generate .*{Regex.Escape(Path.GetFileName(run))}", done.Out);
        Assert.Contains("step      4/4", done.Error, StringComparison.Ordinal);

        Assert.Equal(["step 0", "step 2", "step 4"],
            (await File.ReadAllLinesAsync(Path.Combine(run, "samples.jsonl"), Cancel))
            .Select(line => $"step {JsonDocument.Parse(line).RootElement.GetProperty("step")}"));
        var metrics = (await File.ReadAllLinesAsync(Path.Combine(run, "metrics.jsonl"), Cancel)).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Contains(metrics, line => line.TryGetProperty("loss", out _) && line.GetProperty("step").GetInt32() == 4);
        var validation = metrics.Last(line => line.TryGetProperty("validation_bits_per_byte", out _)).GetProperty("validation_bits_per_byte").GetDouble();
        Assert.InRange(validation, 0.3, 9);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"validation {validation:0.00} bits"), done.Out, StringComparison.Ordinal);

        Assert.Equal(0, (await Program.Run("generate", run, "the", "--max-tokens", "3")).ExitCode);
        (await Program.Run("quickstart", "--out", run)).AssertRefused(1, run, "exists already");
    }

    [Fact]
    public async Task Json_is_one_object()
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        var json = (await Program.Run("quickstart", "--data", folder["texts"], "--steps", "2", "--out", folder["run"], "--json")).Json;
        Assert.Equal(
            ["steps", "interrupted", "params", "tokens", "training_s", "data_s", "logging_s", "flops", "validation_nats_per_token", "validation_bits_per_byte",
                "run", "checkpoint"],
            json.EnumerateObject().Select(f => f.Name));
        Assert.Equal(4096, json.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var run = new TinyRun();
        var bytes = new[] { 1, 2, 3 }.Select(threads => TinyRun.Bytes(run.Train(run[$"threads-{threads}"], steps: 6, threads).Checkpoint)).ToArray();
        Assert.Contains(bytes[0], file => file.Name == "optimizer.safetensors");
        Assert.Equal(bytes[0], bytes[1]);
        Assert.Equal(bytes[0], bytes[2]);
    }

    [Fact]
    public async Task A_killed_run_resumes_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        string[] Arguments(string run) => ["quickstart", "--data", folder["texts"], "--steps", "24", "--out", folder[run]];
        using (var process = Program.Start(Arguments("killed")))
        {
            var ended = Program.End(process);
            await Eventually.Holds(() =>
                process.HasExited || (Directory.Exists(folder["killed/checkpoints/step-12"]) && File.Exists(folder["killed/checkpoints/last"])));
            process.Kill(); // SIGKILL
            Assert.NotEqual(0, (await ended).ExitCode);
        }
        Assert.False(Directory.Exists(folder["killed/checkpoints/step-24"]), "the run ended before it was killed");
        var resumed = (await Program.Run([.. Arguments("killed"), "--resume", "--json"])).Json;
        Assert.InRange(resumed.GetProperty("tokens").GetInt64(), 1, 18 * 2048); // of this process alone
        await Program.Run(Arguments("straight"));
        Assert.Equal(TinyRun.Bytes(folder["straight/checkpoints/step-24"]), TinyRun.Bytes(folder["killed/checkpoints/step-24"]));
        Assert.Subset(Losses(folder["killed"]).ToHashSet(), Losses(folder["straight"]).ToHashSet()); // a resumed run reports its first step besides
    }

    [Fact]
    public async Task Interrupted_it_saves_says_how_to_go_on_and_resumes_to_the_same_bytes()
    {
        Assert.SkipWhen(EndingTests.Ignores(2), "the tests run in the background of a script, where SIGINT is ignored");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "sends SIGINT");
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        string[] Arguments(string run) => ["quickstart", "--data", folder["texts"], "--steps", "30", "--out", folder[run]];
        using (var process = Program.Start(Arguments("stopped")))
        {
            var ended = Program.End(process);
            await Eventually.Holds(() => process.HasExited || File.Exists(folder["stopped/metrics.jsonl"]));
            using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(Cancel);
            var stopped = await ended;
            Assert.True(stopped.ExitCode == 130, stopped.Error);
            Assert.Matches("interrupted after step [0-9]+; resume with\n.*quickstart --out .* --resume", stopped.Out);
        }
        Assert.False(Directory.Exists(folder["stopped/checkpoints/step-30"]), "the run ended before it was interrupted");
        Assert.Equal(0, (await Program.Run([.. Arguments("stopped"), "--resume"])).ExitCode);
        await Program.Run(Arguments("straight"));
        Assert.Equal(TinyRun.Bytes(folder["straight/checkpoints/step-30"]), TinyRun.Bytes(folder["stopped/checkpoints/step-30"]));
    }

    [Fact]
    public async Task A_full_disk_leaves_no_part_of_a_checkpoint()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "limits the size of files");
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        // 2 MB; the weights take 7; the runtime's own code must not be a file
        using var process = Program.Start("trap '' XFSZ; ulimit -f 4000; export DOTNET_EnableWriteXorExecute=0; ", "quickstart", "--data", folder["texts"],
            "--steps", "2", "--out", folder["run"]);
        var full = await Program.End(process);
        full.AssertRefused(1, Path.Combine(folder["run"], "checkpoints", "step-"), "make room and resume");
        Assert.Empty(Directory.GetFileSystemEntries(folder["run/checkpoints"]));
    }

    [Fact]
    public async Task A_full_disk_leaves_no_part_of_the_tokens()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "limits the size of files");
        using var folder = new TemporaryFolder();
        // some 600 KB of tokens
        folder.Add("text.txt", string.Join("\n\n", Enumerable.Range(0, 40_000).Select(i => $"Paragraph {i * 7919 % 104729} is {i * 31 % 977} words.")));
        // 256 KB
        using var process = Program.Start("trap '' XFSZ; ulimit -f 500; export DOTNET_EnableWriteXorExecute=0; ", "quickstart", "--data", folder["text.txt"],
            "--steps", "2", "--out", folder["run"]);
        (await Program.End(process)).AssertRefused(1, Path.Combine(folder.Path, "tokens"), "is larger than the file system or a limit allows");
        Assert.Empty(Directory.GetDirectories(folder["tokens"]));
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public async Task Resuming_nothing_and_resuming_with_other_options_are_refused()
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        (await Program.Run("quickstart", "--resume", "--out", folder["none"])).AssertRefused(1, folder["none"], "there is no run to resume");
        Assert.Equal(0, (await Program.Run("quickstart", "--data", folder["texts"], "--steps", "2", "--out", folder["run"])).ExitCode);
        (await Program.Run("quickstart", "--seed", "3", "--out", folder["run"], "--resume")).AssertRefused(1, "training.seed: 1 in the run, 3 now");
        Assert.Equal(3, (await Program.Run("quickstart", "--steps", "3", "--out", folder["run"], "--resume", "--json")).Json.GetProperty("steps").GetInt32());
    }

    [Theory]
    [InlineData("missing.txt", "found no such file or folder; expected text")]
    [InlineData("empty.txt", "found an empty file; expected text")]
    [InlineData("binary.txt", "found a zero byte at offset 3: a binary file")]
    [InlineData("latin.txt", "found byte 0xE9 at offset 3, which is not UTF-8")]
    [InlineData("one.txt", "found 1 document of ")]
    [InlineData("nothing", "found no *.txt, *.jsonl, *.ndjson, *.parquet in this folder")]
    [InlineData("short", "expected at least 2049 for one batch of 8 x 256 and its targets")]
    public async Task Text_that_is_none_is_named_and_nothing_is_begun(string name, string message)
    {
        using var folder = new TemporaryFolder();
        folder.Add("empty.txt", "");
        folder.Add("binary.txt", [65, 66, 67, 0, 1]);
        folder.Add("latin.txt", [.. "caf"u8, 0xE9, .. " au lait"u8]);
        folder.Add("one.txt", "Call me Ishmael.");
        Directory.CreateDirectory(folder["nothing"]);
        Directory.CreateDirectory(folder["short"]);
        folder.Add("short/a.txt", "Call me Ishmael.");
        folder.Add("short/b.txt", "Some years ago.");
        var refused = await Program.Run("quickstart", "--data", folder[name], "--steps", "2", "--out", folder["run"]);
        refused.AssertRefused(1, message);
        Assert.False(Directory.Exists(folder["run"])); // the name is free for another try
        Assert.False(Directory.Exists(folder["tokens"]) && Directory.EnumerateDirectories(folder["tokens"]).Any() && name != "short",
            "tokens of text that is none");
    }

    [Theory]
    [InlineData("model.safetensors"), InlineData("optimizer.safetensors"), InlineData("training.json")]
    public async Task A_damaged_checkpoint_is_not_resumed(string name)
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        string[] arguments = ["quickstart", "--data", folder["texts"], "--steps", "1", "--out", folder["run"]];
        Assert.Equal(0, (await Program.Run(arguments)).ExitCode);
        var file = folder[$"run/checkpoints/step-1/{name}"];
        var bytes = await File.ReadAllBytesAsync(file, Cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancel);
        (await Program.Run([.. arguments, "--resume"])).AssertRefused(1, file, "changed or truncated");
    }

    static string[] Losses(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(e => e.TryGetProperty("loss", out _))
            .Select(e => $"{e.GetProperty("step")} {e.GetProperty("loss")}").Distinct()];
}
