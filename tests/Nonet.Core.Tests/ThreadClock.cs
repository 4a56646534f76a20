using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nonet.Tests;

/// <summary>
/// Measures the processor time of the calling thread, so that a test can require that work does not hang, whatever else the machine does. Time in which the
/// thread waits does not count. On Windows it measures wall time, with a limit of at least five minutes.
/// </summary>
readonly partial struct ThreadClock
{
    readonly double start;

    ThreadClock(double start) => this.start = start;

    public static ThreadClock Start() => new(Now);

    /// <summary>Seconds since the start.</summary>
    public double Seconds => Now - start;

    /// <summary>Fails if the thread has worked for longer than the limit.</summary>
    /// <param name="seconds">Several times what the work takes: a slow machine is no fault.</param>
    /// <param name="work">Named in the message.</param>
    public void AssertAtMost(double seconds, string work = "the work")
    {
        var limit = OperatingSystem.IsWindows() ? Math.Max(seconds, 300) : seconds;
        var taken = Seconds;
        Assert.True(taken <= limit, $"{work} took {taken:0.0} s; expected at most {limit:0} s");
    }

    static double Now
    {
        get
        {
            if (OperatingSystem.IsWindows())
                return Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
            return clock_gettime(OperatingSystem.IsMacOS() ? 16 : 3, out var time) == 0 ? time.Seconds + (1e-9 * time.Nanoseconds)
                : throw new InvalidOperationException("clock_gettime failed"); // 16 and 3 are CLOCK_THREAD_CPUTIME_ID
        }
    }

    struct Timespec
    {
        public nint Seconds, Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);
}
