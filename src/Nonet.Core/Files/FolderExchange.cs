using System.Runtime.InteropServices;

namespace Nonet.Files;

/// <summary>Exchanges the names of two folders in one step if the system can (renameat2 of Linux), so that neither name is ever missing.</summary>
static partial class FolderExchange
{
    const int WorkingFolder = -100; // AT_FDCWD
    const uint Exchange = 2; // RENAME_EXCHANGE

    /// <summary>
    /// True: the two folders have exchanged names. False: the system or the file system does not support this, and nothing has changed.
    /// </summary>
    public static bool Try(string first, string second)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            return RenameAt2(WorkingFolder, first, WorkingFolder, second, Exchange) == 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException) // an older C library
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameAt2(int firstFolder, string first, int secondFolder, string second, uint flags);
}
