using System.Diagnostics;
using System.Text.Json;

namespace Nonet.Cli.Tests;

/// <summary>What a command line did.</summary>
sealed record Outcome(int ExitCode, string Out, string Error)
{
    /// <summary>Standard output as the one JSON object that it must be.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.True(ExitCode == 0, Error);
            Assert.Single(Out.TrimEnd('\n').Split('\n'));
            return JsonDocument.Parse(Out).RootElement;
        }
    }

    /// <summary>Fails unless it ended with one line of error, nothing on standard output, and an exit code.</summary>
    public void AssertRefused(int code, params string[] parts)
    {
        Assert.True(ExitCode == code, $"exit code {ExitCode}; {Error}");
        Assert.Equal("", Out);
        var lines = Error.TrimEnd('\n').Split('\n');
        Assert.StartsWith("nonet: ", lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines[..^1], line => line.StartsWith("nonet: ", StringComparison.Ordinal));
        Assert.DoesNotContain("unexpected", lines[^1], StringComparison.Ordinal); // an exception that nobody thought of
        Assert.All(parts, part => Assert.Contains(part, lines[^1], StringComparison.Ordinal));
    }
}

/// <summary>Runs the program: within the tests, or as a process where it must be killed.</summary>
static class Program
{
    public static Task<Outcome> Run(params string[] args) => RunWith("", default, args);

    public static async Task<Outcome> RunWith(string input, CancellationToken stopping, params string[] args)
    {
        using StringWriter output = new(), error = new();
        output.NewLine = error.NewLine = "\n";
        using var interruption = new Interruption(stopping);
        var code = await CommandLine.Run(args, new Terminal(new StringReader(input), output, error), interruption);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>Starts the program as a process; standard output and error are read to their ends.</summary>
    public static Process Start(params string[] args) => Start("", args);

    /// <param name="before">Shell commands that run first in the same process, such as a limit.</param>
    /// <param name="args">The program's arguments.</param>
    public static Process Start(string before, params string[] args)
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "nonet.dll");
        var start = before.Length == 0 ? new ProcessStartInfo("dotnet", [dll, .. args])
            : new ProcessStartInfo("/bin/sh", ["-c", before + "exec dotnet \"$0\" \"$@\"", dll, .. args]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        return Process.Start(start)!;
    }

    /// <summary>Waits for a process to end.</summary>
    public static async Task<Outcome> End(Process process)
    {
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, await output, await error);
    }
}
