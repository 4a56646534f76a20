namespace Nonet.ToolUse;

/// <summary>How a call ended.</summary>
public enum ToolOutcome
{
    /// <summary>With a text.</summary>
    Answered,

    /// <summary>Without a text: the tool has no result for this input.</summary>
    Nothing,

    /// <summary>With an exception.</summary>
    Failed,

    /// <summary>It did not end within the time limit.</summary>
    TimedOut,

    /// <summary>It was not started: the input is too long, or too many earlier calls of the tool hang.</summary>
    Refused,

    /// <summary>It was not started: no tool has this name.</summary>
    Unknown,
}

/// <summary>The end of a call.</summary>
/// <param name="Outcome">How the call ended.</param>
/// <param name="Text">The result, cleaned for a text: one line, without control characters and marks of calls. Empty unless answered.</param>
/// <param name="Error">The error; null if there was none.</param>
public readonly record struct ToolResult(ToolOutcome Outcome, string Text, string? Error)
{
    /// <summary>Text for a model that uses function calling: the result, or why there is none.</summary>
    public string Told => Outcome switch
    {
        ToolOutcome.Answered => Text,
        ToolOutcome.Nothing => "no result",
        _ => $"Error: {Error}",
    };

    /// <summary>Whether the result was too long and was truncated.</summary>
    public bool IsCut { get; init; }

    /// <summary>Whether characters of the result were replaced.</summary>
    public bool IsCleaned { get; init; }

    /// <summary>Whether an earlier call with the same input gave this result.</summary>
    public bool IsCached { get; init; }
}
