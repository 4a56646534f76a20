using Nonet.Files;

namespace Nonet.Checkpoints.Hub;

/// <summary>
/// Models on this machine in the layout of huggingface_hub, so that both programs find each other's models: models--owner--name with blobs/
/// (content by checksum), refs/ (the commit of a branch or tag) and snapshots/COMMIT/ (links to the blobs).
/// </summary>
sealed class HubCache(string root, HubName name)
{
    public string Folder { get; } = Path.Combine(root, $"models--{name.Owner}--{name.Name}");
    public string Blobs => Path.Combine(Folder, "blobs");

    /// <summary>Lock file for processes that download the same content.</summary>
    public string Lock(string sum) => Path.Combine(root, ".locks", Path.GetFileName(Folder), sum + ".lock");

    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    /// <summary>Snapshot of the name's revision; null if there is none.</summary>
    public string? Find()
    {
        var reference = Path.Combine([Folder, "refs", .. name.Revision.Split('/')]);
        var commit = File.Exists(reference) ? File.ReadAllText(reference).Trim() : name.Revision;
        return IsCommit(commit) && Snapshot(commit) is var folder && Directory.Exists(folder) ? folder : null;
    }

    /// <summary>Records the commit of the revision.</summary>
    public void Remember(string commit)
    {
        if (name.Revision != commit)
            AtomicFile.WriteText(Path.Combine([Folder, "refs", .. name.Revision.Split('/')]), commit);
    }

    /// <summary>Creates a file of a snapshot: a link to a blob, or a copy if the system cannot create links.</summary>
    public void Link(string commit, string file, string blob)
    {
        var path = Path.Combine([Snapshot(commit), .. file.Split('/')]);
        if (File.Exists(path))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var target = Path.GetRelativePath(Path.GetDirectoryName(path)!, blob);
        try
        {
            File.Delete(path); // a broken link
            File.CreateSymbolicLink(path, target);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or PlatformNotSupportedException || (e is IOException && OperatingSystem.IsWindows()))
        {
            File.Copy(blob, path, overwrite: true);
        }
    }

    public static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);
}
