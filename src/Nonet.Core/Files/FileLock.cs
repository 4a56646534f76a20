namespace Nonet.Files;

/// <summary>
/// Files opened with a lock of the operating system, by which processes see each other. The lock ends with the process, however it ends.
/// </summary>
public static class FileLock
{
    /// <summary>
    /// Opens a file. Returns null if another process, or another part of this one, holds it open in a way that excludes this access.
    /// </summary>
    public static FileStream? TryOpen(string path, FileMode mode = FileMode.OpenOrCreate, FileAccess access = FileAccess.ReadWrite,
        FileShare share = FileShare.None)
    {
        try
        {
            return new FileStream(path, mode, access, share);
        }
        catch (IOException e) when (IsLocked(e))
        {
            return null;
        }
    }

    /// <summary>EWOULDBLOCK on Unix (11 on Linux, 35 on macOS), ERROR_SHARING_VIOLATION on Windows.</summary>
    static bool IsLocked(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xffff) == 32 : e.HResult is 11 or 35;
}
