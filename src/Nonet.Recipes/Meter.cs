using System.Diagnostics;

namespace Nonet.Recipes;

/// <summary>Measures the time of the training steps of this process, excluding the work between them, for rates and the remaining time.</summary>
sealed class Meter
{
    readonly Stopwatch clock = new();
    (long Tokens, TimeSpan Time) reported;

    /// <summary>Number of steps measured.</summary>
    public int Steps { get; private set; }
    public TimeSpan Time => clock.Elapsed;
    public long Tokens { get; private set; }

    public void Start() => clock.Start();

    public void Stop(long tokens)
    {
        clock.Stop();
        Steps++;
        Tokens += tokens;
    }

    /// <summary>Tokens per second since the last call.</summary>
    public double TokensPerSecond()
    {
        var rate = (Tokens - reported.Tokens) / Math.Max(1e-9, (Time - reported.Time).TotalSeconds);
        reported = (Tokens, Time);
        return rate;
    }

    /// <summary>Time for a number of steps at the mean rate so far.</summary>
    public TimeSpan TimeFor(int steps) => Time / Math.Max(1, Steps) * steps;
}
