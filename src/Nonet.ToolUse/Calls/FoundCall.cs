namespace Nonet.ToolUse.Calls;

/// <summary>What was found at the mark of a call.</summary>
public enum CallForm
{
    /// <summary>A call.</summary>
    Call,

    /// <summary>A call and its result.</summary>
    CallWithResult,

    /// <summary>A name and an opening parenthesis, and then no end: not on the same line, or not within the longest call.</summary>
    Unclosed,

    /// <summary>A call that contains the beginning of another, which is found after it.</summary>
    Nested,
}

/// <summary>A call in a text, or the beginning of one.</summary>
/// <param name="Form">What was found.</param>
/// <param name="Start">Its first character, that of the mark.</param>
/// <param name="End">The character after its last.</param>
/// <param name="Call">The call; null if it never closes or contains another.</param>
/// <param name="Result">The result; null if there is none.</param>
public readonly record struct FoundCall(CallForm Form, int Start, int End, ToolCall? Call, string? Result);
