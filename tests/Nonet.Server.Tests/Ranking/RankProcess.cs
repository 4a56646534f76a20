using System.Diagnostics;
using System.Text;

namespace Nonet.Server.Tests.Ranking;

/// <summary>nonet rank serve as a process that can be killed.</summary>
sealed class RankProcess : IDisposable
{
    readonly Process process;

    RankProcess(Process process, string ownerLink) => (this.process, OwnerLink) = (process, ownerLink);

    public string OwnerLink { get; }

    public bool HasExited => process.HasExited;

    public static async Task<RankProcess> Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "nonet.dll"), "rank", "serve", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var (process, said) = (Process.Start(start)!, new StringBuilder());
        process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("owner ", StringComparison.Ordinal))
                return new RankProcess(process, line["owner ".Length..].Trim());
        }
        await process.WaitForExitAsync();
        throw new InvalidOperationException($"nonet rank serve ended with {process.ExitCode}: {said}");
    }

    /// <summary>Ends it at once, in the middle of whatever it does.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }
}
