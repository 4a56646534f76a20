using System.Diagnostics;

namespace Nonet.Recipes;

/// <summary>Times the training steps of this process, without what happens between them, for rates and the time to go.</summary>
sealed class Meter(long tokensPerStep)
{
    readonly Stopwatch clock = new();
    (int Steps, TimeSpan Time) reported;

    /// <summary>Steps timed.</summary>
    public int Steps { get; private set; }
    public TimeSpan Time => clock.Elapsed;
    public long Tokens => Steps * tokensPerStep;

    public void Start() => clock.Start();

    public void Stop()
    {
        clock.Stop();
        Steps++;
    }

    /// <summary>Tokens a second since the last call.</summary>
    public double TokensPerSecond()
    {
        var rate = (Steps - reported.Steps) * tokensPerStep / Math.Max(1e-9, (Time - reported.Time).TotalSeconds);
        reported = (Steps, Time);
        return rate;
    }

    /// <summary>At the mean rate so far.</summary>
    public TimeSpan TimeFor(int steps) => Time / Math.Max(1, Steps) * steps;
}
