using System.Diagnostics;
using System.Text;

namespace Nonet.Cli.Tests.Screen;

/// <summary>The program in a pseudo-terminal, which util-linux's script makes.</summary>
sealed class PseudoTerminal : IDisposable
{
    readonly Process script;
    readonly string device;
    readonly ScreenText screen;
    readonly StringBuilder output = new();
    readonly Task reading;

    PseudoTerminal(string folder, int columns, string command)
    {
        (screen, device) = (new ScreenText(columns), Path.Combine(folder, $"tty-{Guid.NewGuid():n}"));
        var start = new ProcessStartInfo("script", ["-qefc", $"stty cols {columns} rows 40 -echo; tty > '{device}'; {command}", "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["SHELL"] = "/bin/sh";
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["DOTNET_NOLOGO"] = "1";
        script = Process.Start(start)!;
        reading = Task.Run(Read);
    }

    /// <summary>All that was written, control sequences included.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>What the terminal shows now, what has scrolled away included.</summary>
    public string[] Rows
    {
        get
        {
            lock (output)
                return screen.Rows;
        }
    }

    /// <summary>Skips the test where there is no script of util-linux.</summary>
    public static void SkipWhereThereIsNone() =>
        Assert.SkipUnless(OperatingSystem.IsLinux()
            && new[] { "script", "stty" }.All(name =>
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name)))),
            "there is no pseudo-terminal; expected util-linux's script and stty");

    /// <summary>Starts the program.</summary>
    /// <param name="folder">For a file of its own.</param>
    /// <param name="columns">Of the terminal.</param>
    /// <param name="shell">What the shell is given before and after the program, such as a variable or a redirection.</param>
    /// <param name="args">The program's arguments.</param>
    public static PseudoTerminal Start(string folder, int columns, (string Before, string After) shell, params string[] args) =>
        new(folder, columns,
            $"{shell.Before} exec dotnet {string.Join(' ', args.Prepend(Path.Combine(AppContext.BaseDirectory, "nonet.dll")).Select(Quoted))} {shell.After}");

    /// <summary>Types a text.</summary>
    public void Type(string text)
    {
        script.StandardInput.Write(text);
        script.StandardInput.Flush();
    }

    /// <summary>Gives the terminal another width, and tells the program.</summary>
    public async Task Resize(int columns)
    {
        lock (output)
            screen.Resize(columns);
        using var stty = Process.Start("stty", ["-F", (await File.ReadAllTextAsync(device)).Trim(), "cols", $"{columns}"]);
        await stty.WaitForExitAsync();
    }

    /// <summary>Closes the window.</summary>
    public void Close() => script.Kill();

    /// <summary>Waits until the output holds a text.</summary>
    public async Task Until(string text)
    {
        await Eventually.Holds(async () =>
        {
            if (reading.IsFaulted)
                await reading;
            var over = script.HasExited && reading.IsCompleted; // before the output is looked at, which is whole then
            var came = Output.Contains(text, StringComparison.Ordinal);
            Assert.True(came || !over, $"the program ended before it wrote '{text}':\n{Last(Output)}");
            return came;
        }, () => Task.FromResult(Last(Output)), $"'{text}' in the output");
    }

    /// <summary>Waits for the program's end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> Ended()
    {
        await reading.WaitAsync(Eventually.Limit); // it ends with the program
        await script.WaitForExitAsync();
        return script.ExitCode;
    }

    public void Dispose()
    {
        if (!script.HasExited)
            script.Kill();
        script.Dispose();
    }

    async Task Read()
    {
        var buffer = new char[4096];
        for (int n; (n = await script.StandardOutput.ReadAsync(buffer)) > 0;)
        {
            lock (output)
            {
                output.Append(buffer, 0, n);
                screen.Feed(new string(buffer, 0, n));
            }
        }
    }

    static string Last(string output) => output[^Math.Min(output.Length, 1000)..];

    static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
