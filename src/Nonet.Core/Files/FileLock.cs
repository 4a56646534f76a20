namespace Nonet.Files;

/// <summary>Files opened so that they tell processes apart: a lock of the operating system, which ends with the process however it ends.</summary>
public static class FileLock
{
    /// <summary>Opens a file; null where another process, or another part of this one, has it open in a way that excludes this.</summary>
    public static FileStream? TryOpen(string path, FileMode mode = FileMode.OpenOrCreate, FileAccess access = FileAccess.ReadWrite, FileShare share = FileShare.None)
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
