using System.Runtime.InteropServices;

namespace Nonet.Tensors.Memory;

/// <summary>
/// Asks Linux to back memory with pages of 2 MB. A core then translates 512 times fewer addresses and reads large weights up to twice as fast.
/// Nothing changes if the system does not offer them (/sys/kernel/mm/transparent_hugepage/enabled), or on another system.
/// </summary>
static unsafe partial class LargePages
{
    const long Page = 2 << 20;
    const int MadviseHugePage = 14;

    /// <summary>Alignment of an allocation of the given size.</summary>
    public static nuint AlignmentOf(long bytes) => OperatingSystem.IsLinux() && bytes >= Page ? (nuint)Page : 64;

    /// <summary>Requests large pages for the whole pages of an allocation that was aligned by <see cref="AlignmentOf"/>.</summary>
    public static void Advise(byte* pointer, long bytes)
    {
        if (OperatingSystem.IsLinux() && bytes >= Page)
            _ = madvise(pointer, (nuint)(bytes / Page * Page), MadviseHugePage); // a hint: a kernel without such pages answers EINVAL
    }

    [LibraryImport("libc")]
    private static partial int madvise(byte* address, nuint length, int advice);
}
