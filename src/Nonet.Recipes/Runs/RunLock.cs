using Nonet.Files;

namespace Nonet.Recipes.Runs;

/// <summary>
/// Lock of a run folder in use: an operating-system lock on its file `lock`. The operating system releases it when the process ends for any reason. The file
/// itself remains and has no meaning.
/// </summary>
public sealed class RunLock : IDisposable
{
    const string FileName = "lock";
    static readonly TimeSpan patience = TimeSpan.FromSeconds(1); // a process that only checks whether a run is active holds the lock for an instant
    readonly FileStream file;

    RunLock(FileStream file) => this.file = file;

    /// <summary>Takes the lock of a folder, which is created if missing. Throws if another process holds it.</summary>
    public static RunLock Take(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (File.Exists(folder))
            throw new RunFolderException($"{folder}: found a file; expected a folder for the run, or a name that is not taken");
        Directory.CreateDirectory(folder);
        for (var end = DateTime.UtcNow + patience; ; Thread.Sleep(20))
        {
            if (FileLock.TryOpen(Path.Combine(folder, FileName)) is { } file)
                return new RunLock(file);
            if (DateTime.UtcNow > end)
                throw new RunFolderException(
                    $"{folder}: another process is training in this folder; wait until it has ended, stop it, or choose another folder");
        }
    }

    /// <summary>Whether a process holds the lock of a folder.</summary>
    public static bool IsHeld(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return false;
        using var file = FileLock.TryOpen(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return file is null;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
