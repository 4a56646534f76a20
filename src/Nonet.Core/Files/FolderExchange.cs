using System.Runtime.InteropServices;

namespace Nonet.Files;

/// <summary>Exchanges the names of two folders in one step, where the system can: Linux's renameat2. Nobody ever sees either name missing.</summary>
static partial class FolderExchange
{
    const int WorkingFolder = -100; // AT_FDCWD
    const uint Exchange = 2; // RENAME_EXCHANGE

    /// <summary>True: the two have changed names. False: the system or the file system cannot do it, and nothing was changed.</summary>
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
