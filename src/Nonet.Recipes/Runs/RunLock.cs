using Nonet.Files;

namespace Nonet.Recipes.Runs;

/// <summary>
/// A run folder in use: a lock of the operating system on its file `lock`, which ends with the process however it ends. The file itself stays and means nothing.
/// </summary>
public sealed class RunLock : IDisposable
{
    const string FileName = "lock";
    static readonly TimeSpan patience = TimeSpan.FromSeconds(1); // whoever only looks whether a run goes on holds the lock for an instant
    readonly FileStream file;

    RunLock(FileStream file) => this.file = file;

    /// <summary>Takes the lock of a folder, which is made where it is missing. Throws where another process has it.</summary>
    public static RunLock Take(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (File.Exists(folder))
            throw new RunFolderException($"{folder}: found a file; expected a folder for the run, or none yet");
        Directory.CreateDirectory(folder);
        for (var end = DateTime.UtcNow + patience; ; Thread.Sleep(20))
        {
            if (FileLock.TryOpen(Path.Combine(folder, FileName)) is { } file)
                return new RunLock(file);
            if (DateTime.UtcNow > end)
                throw new RunFolderException($"{folder}: another process is training in this folder; wait until it has ended, stop it, or name another folder");
        }
    }

    /// <summary>Whether some process has the lock of a folder.</summary>
    public static bool IsHeld(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return false;
        using var file = FileLock.TryOpen(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return file is null;
    }

    public void Dispose() => file.Dispose();
}
