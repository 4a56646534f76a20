namespace Nonet.ToolUse;

/// <summary>Counts of the calls of one tool, by outcome.</summary>
public sealed record ToolCounts
{
    /// <summary>All calls.</summary>
    public long Calls { get; init; }

    /// <summary>Calls with a result.</summary>
    public long Answered { get; init; }

    /// <summary>Calls for which the tool had no result.</summary>
    public long Nothing { get; init; }

    /// <summary>Calls that ended with an exception.</summary>
    public long Failed { get; init; }

    /// <summary>Calls that reached the time limit.</summary>
    public long TimedOut { get; init; }

    /// <summary>Calls that were not started.</summary>
    public long Refused { get; init; }

    /// <summary>Calls whose result was cached.</summary>
    public long Cached { get; init; }

    /// <summary>Results that were truncated.</summary>
    public long Cut { get; init; }

    /// <summary>Results in which characters were replaced.</summary>
    public long Cleaned { get; init; }

    /// <summary>The latest error; null if there was none.</summary>
    public string? LastError { get; init; }

    internal ToolCounts With(ToolCounts other) => new()
    {
        Calls = Calls + other.Calls,
        Answered = Answered + other.Answered,
        Nothing = Nothing + other.Nothing,
        Failed = Failed + other.Failed,
        TimedOut = TimedOut + other.TimedOut,
        Refused = Refused + other.Refused,
        Cached = Cached + other.Cached,
        Cut = Cut + other.Cut,
        Cleaned = Cleaned + other.Cleaned,
        LastError = other.LastError ?? LastError,
    };

    internal ToolCounts With(ToolResult result) => this with
    {
        Calls = Calls + 1,
        Answered = Answered + (result.Outcome == ToolOutcome.Answered ? 1 : 0),
        Nothing = Nothing + (result.Outcome == ToolOutcome.Nothing ? 1 : 0),
        Failed = Failed + (result.Outcome == ToolOutcome.Failed ? 1 : 0),
        TimedOut = TimedOut + (result.Outcome == ToolOutcome.TimedOut ? 1 : 0),
        Refused = Refused + (result.Outcome == ToolOutcome.Refused ? 1 : 0),
        Cached = Cached + (result.IsCached ? 1 : 0),
        Cut = Cut + (result.IsCut ? 1 : 0),
        Cleaned = Cleaned + (result.IsCleaned ? 1 : 0),
        LastError = result.Error ?? LastError,
    };
}
