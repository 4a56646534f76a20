using System.Globalization;

namespace Nonet.Fuzz;

/// <summary>What this process holds, as Linux counts it.</summary>
static class ProcessMemory
{
    /// <summary>Forgets the peak so far.</summary>
    public static void ResetPeak()
    {
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
                return double.Parse(line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0], CultureInfo.InvariantCulture) / 1024;
        }
        return 0;
    }
}
