namespace Nonet.ToolUse;

/// <summary>Limits that a <see cref="ToolRunner"/> sets for each tool.</summary>
public sealed record ToolLimits
{
    /// <summary>Time limit of a call.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum number of characters in an input; a longer one is refused.</summary>
    public int InputCharacters { get; init; } = 1000;

    /// <summary>Maximum number of characters in a result; a longer one is truncated.</summary>
    public int ResultCharacters { get; init; } = 500;

    /// <summary>Maximum number of cached results, for all tools together. They answer further calls with the same input. 0: none.</summary>
    public int CachedResults { get; init; } = 10_000;

    /// <summary>Maximum number of a tool's calls that run beyond the time limit at once. While there are as many, further calls are refused.</summary>
    public int HangingCalls { get; init; } = 4;

    internal void Check()
    {
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1))
            throw new ArgumentException($"ToolLimits.Timeout is {Timeout}; expected more than zero and at most a day");
        AtLeast(nameof(InputCharacters), InputCharacters, 1);
        AtLeast(nameof(ResultCharacters), ResultCharacters, 1);
        AtLeast(nameof(CachedResults), CachedResults, 0);
        AtLeast(nameof(HangingCalls), HangingCalls, 1);
    }

    static void AtLeast(string name, int value, int least)
    {
        if (value < least)
            throw new ArgumentException($"ToolLimits.{name} is {value}; expected at least {least}");
    }
}
