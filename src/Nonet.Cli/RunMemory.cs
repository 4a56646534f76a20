using System.Diagnostics;

namespace Nonet.Cli;

/// <summary>Memory of this process.</summary>
static class RunMemory
{
    /// <summary>Peak physical memory so far, in MiB.</summary>
    public static double PeakMiB
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64 / (1024.0 * 1024.0);
        }
    }
}
