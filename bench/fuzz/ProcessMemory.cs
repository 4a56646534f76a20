using System.Globalization;

namespace Nonet.Fuzz;

/// <summary>What this process holds, as Linux counts it.</summary>
static class ProcessMemory
{
    /// <summary>Gives back what earlier cases left, where that is much, and forgets the peak so far.</summary>
    public static void ResetPeak()
    {
        if (Environment.WorkingSet > 512 << 20)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
        if (OperatingSystem.IsLinux())
            File.WriteAllText("/proc/self/clear_refs", "5");
    }

    /// <summary>The most that was resident since <see cref="ResetPeak"/>; elsewhere than on Linux, since the start.</summary>
    public static double PeakMegabytes()
    {
        if (!OperatingSystem.IsLinux())
            return System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;
        return Line("VmHWM:");
    }

    static double Line(string name)
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return double.Parse(line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0],
                    CultureInfo.InvariantCulture) / 1024;
        }
        return 0;
    }
}
