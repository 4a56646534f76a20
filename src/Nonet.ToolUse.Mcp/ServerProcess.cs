using System.Diagnostics;
using System.Text;

namespace Nonet.ToolUse.Mcp;

/// <summary>A server process that communicates over its standard input and output. The last lines of its standard error are kept for messages.</summary>
sealed class ServerProcess : IAsyncDisposable
{
    const int KeptLines = 3, KeptCharacters = 500;

    static readonly TimeSpan longestEnd = TimeSpan.FromSeconds(2), longestDrain = TimeSpan.FromMilliseconds(500);

    readonly Process process;
    readonly BoundedMessages output;
    readonly Queue<string> said = new();
    readonly Task errors;

    /// <exception cref="System.ComponentModel.Win32Exception">The program does not start.</exception>
    public ServerProcess(string command, IReadOnlyList<string> arguments, int messageBytes)
    {
        // Windows starts scripts such as npx through its shell only.
        var viaShell = OperatingSystem.IsWindows() && !command.EndsWith(".exe", StringComparison.OrdinalIgnoreCase);
        process = Process.Start(new ProcessStartInfo(viaShell ? "cmd.exe" : command, viaShell ? ["/c", command, .. arguments] : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        })!;
        output = new BoundedMessages(process.StandardOutput.BaseStream, messageBytes, byLine: true);
        errors = Task.Run(ReadErrors);
    }

    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => output;

    /// <summary>
    /// The end of an error message: that a message was too long, and the last lines of standard error. Waits briefly for the rest of standard error, because
    /// the end of the output may arrive first.
    /// </summary>
    public async Task<string> LastWords()
    {
        await Drain().ConfigureAwait(false);
        var excess = output.Excess is { } tooLong ? $" The reason: {tooLong}." : "";
        lock (said)
            return excess + (said.Count == 0 ? "" : $" Its standard error ends with: {string.Join(" / ", said)}");
    }

    /// <summary>Waits a limited time for the end of standard error. A program that the server started may keep it open.</summary>
    Task<Task> Drain() => Task.WhenAny(errors, Task.Delay(longestDrain));

    public async ValueTask DisposeAsync()
    {
        try
        {
            process.StandardInput.Close(); // a server ends when its input ends
        }
        catch (IOException)
        {
            // it has ended already
        }
        using var limit = new CancellationTokenSource(output.Excess is null ? longestEnd : TimeSpan.Zero);
        try
        {
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        await Drain().ConfigureAwait(false);
        process.Dispose();
    }

    /// <summary>Reads standard error to its end, with lines of any length.</summary>
    async Task ReadErrors()
    {
        var (buffer, line) = (new char[4096], new StringBuilder());
        int read;
        while ((read = await process.StandardError.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            foreach (var c in buffer.AsSpan(0, read))
            {
                if (c != '\n')
                {
                    if (line.Length < KeptCharacters && c != '\r')
                        line.Append(c);
                    continue;
                }
                Keep(line.ToString());
                line.Clear();
            }
        }
        if (line.Length > 0)
            Keep(line.ToString());
    }

    void Keep(string line)
    {
        lock (said)
        {
            said.Enqueue(line);
            if (said.Count > KeptLines)
                said.Dequeue();
        }
    }
}
