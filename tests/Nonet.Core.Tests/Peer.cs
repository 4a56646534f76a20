using System.Diagnostics;

namespace Nonet.Tests;

/// <summary>
/// A tree with python3, torch, transformers and tokenizers, named by NONET_PEERS, in which Python runs under chroot. In its folder w are the scripts hf_make.py
/// (family, folder) and hf_logits.py (folder, ids, out.npy), and a folder of this object's own, removed with it.
/// </summary>
sealed class Peer : IDisposable
{
    const string Variable = "NONET_PEERS";
    readonly string root;

    /// <summary>Skips the test where there is no such tree.</summary>
    public Peer()
    {
        root = Environment.GetEnvironmentVariable(Variable) ?? "";
        Assert.SkipWhen(root.Length == 0, $"{Variable} is not set: it names the root of a tree with python3 and transformers");
        Inside = $"/w/nonet-{Guid.NewGuid():N}";
        Folder = root + Inside;
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The object's folder.</summary>
    public string Folder { get; }

    /// <summary>The same as Python sees it.</summary>
    public string Inside { get; }

    /// <summary>Runs python3 with arguments. Returns what it prints.</summary>
    public string Python(params string[] arguments)
    {
        var start = new ProcessStartInfo("chroot", [root, "python3", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: exit code {process.ExitCode}\n{errors.Result}");
        return output;
    }

    /// <summary>Starts a program of the tree; its output is left alone.</summary>
    public Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("chroot", [root, "sh", "-c", "exec \"$@\" >/dev/null 2>&1", "sh", program, .. arguments]))!;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
