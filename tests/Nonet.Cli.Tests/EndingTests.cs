using System.Diagnostics;
using System.Globalization;
using Nonet.Models.Decoders;

namespace Nonet.Cli.Tests;

/// <summary>Readers that go away, and signals to verbs that have nothing to save.</summary>
public sealed class EndingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    /// <summary>A model that writes for minutes.</summary>
    string Model() => RandomModel.Save(folder["model"],
        new LlamaConfig { Vocab = 257, Context = 1_000_000, Layers = 1, Width = 8, Heads = 1, KvHeads = 1, Hidden = 8 });

    [Fact]
    public async Task Text_that_nobody_reads_is_not_computed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a shell's pipe");
        var start = new ProcessStartInfo("/bin/sh",
            ["-c", "{ dotnet \"$0\" generate \"$1\" a --temperature 0 --max-tokens 900000; echo code $? >&2; } | head -c 20 >/dev/null",
            Path.Combine(AppContext.BaseDirectory, "nonet.dll"), Model()])
        { RedirectStandardError = true };
        using var shell = Process.Start(start)!;
        var error = await shell.StandardError.ReadToEndAsync(Cancel).WaitAsync(Eventually.Limit, Cancel);
        Assert.Equal("code 0\n", error); // and not a word
    }

    /// <summary>
    /// Whether this process began with a signal ignored (SIGHUP under nohup, SIGINT in the background of a script), which the programs that it starts inherit.
    /// </summary>
    internal static bool Ignores(int signal) => File.Exists("/proc/self/status") && HasSignal(File.ReadLines("/proc/self/status"), "SigIgn:", signal);

    /// <summary>Whether a set of signals in the status file of a process has a signal.</summary>
    static bool HasSignal(IEnumerable<string> status, string set, int signal) => status.Any(line =>
        line.StartsWith(set, StringComparison.Ordinal) && (Convert.ToUInt64(line[set.Length..].Trim(), 16) >> (signal - 1) & 1) != 0);

    internal static bool IgnoresHangUp => Ignores(1);

    /// <summary>Waits until a process handles SIGHUP, the last of its signals that the program registers; a machine with other work takes seconds.</summary>
    static async Task ListensToSignals(int process)
    {
        var status = $"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status";
        if (!File.Exists(status))
            await Task.Delay(1500, Cancel);
        await Eventually.Holds(() => !File.Exists(status) || HasSignal(File.ReadAllLines(status), "SigCgt:", signal: 1));
    }

    [Theory]
    [InlineData("INT", "tokenize"), InlineData("TERM", "tokenize"), InlineData("HUP", "tokenize"), InlineData("TERM", "generate")]
    public async Task A_signal_ends_a_verb_that_has_nothing_to_save_at_once(string signal, string verb)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "sends a signal");
        Assert.SkipWhen(IgnoresHangUp, "the tests run under nohup, where SIGHUP, by which they see that the program listens, is ignored");
        Assert.SkipWhen(signal == "INT" && Ignores(2), "the tests run in the background of a script, where SIGINT is ignored");
        var model = Model();
        using var process = Program.Start(verb == "tokenize" ? "exec 0</dev/zero; " : "",
            verb == "tokenize" ? [verb, model, "-"] : [verb, model, "a", "--temperature", "0", "--max-tokens", "900000"]);
        var ended = Program.End(process);
        await ListensToSignals(process.Id);
        await Task.Delay(500, Cancel); // it reads, or writes, for ever
        Assert.False(process.HasExited);
        using (var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(Cancel);
        var outcome = await ended.WaitAsync(Eventually.Limit, Cancel);
        Assert.Equal(130, outcome.ExitCode);
        Assert.DoesNotContain("nonet:", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_larger_than_the_memory_is_refused_with_both_figures()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a shell's variable");
        RandomModel.Save(folder["large"], new LlamaConfig { Vocab = 257, Context = 64, Layers = 1, Width = 1024, Heads = 8, KvHeads = 8, Hidden = 1600 });
        using var process = Program.Start("export DOTNET_GCHeapHardLimit=0x1400000; ", "generate", folder["large"], "a"); // 20 MB
        (await Program.End(process)).AssertRefused(1, $"{folder["large"]}: its weights take ", " MB, and 20 MB of memory are available", " quantize IN OUT");
    }

    [Fact]
    public async Task Escapes_in_what_somebody_else_wrote_are_shown_and_not_obeyed()
    {
        const string Evil = "\e]0;owned\a\e[2J\u009b31m\u202e";
        folder.Add("config.json",
            $$"""{"model_type": "gpt2{{Evil.Replace("\e", "\\u001b", StringComparison.Ordinal).Replace("\a", "\\u0007", StringComparison.Ordinal)}}", "vocab_size": 5}""");
        var refused = await Program.Run("info", folder.Path);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("\\u001b]0;owned\\u0007", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(refused.Error, c => char.IsControl(c) && c != '\n' || c == '\u202e');
        var unknown = await Program.Run($"verb{Evil}");
        Assert.DoesNotContain(unknown.Error, c => char.IsControl(c) && c != '\n' || c == '\u202e');
        Assert.Equal("a\tb\n", Printable.Of("a\tb\n"));
        Assert.Equal("a\\tb\\n\\u000d\\u007f\\u2028", Printable.Line("a\tb\n\r\u007f\u2028"));
    }
}
