namespace Nonet.ToolUse.Calls;

/// <summary>What the text after an opening mark is.</summary>
public enum CallForm
{
    /// <summary>A call.</summary>
    Call,

    /// <summary>A call and its result.</summary>
    CallWithResult,

    /// <summary>A name and an opening parenthesis, but no end on the same line or within the maximum length of a call.</summary>
    Unclosed,

    /// <summary>The beginning of a call that contains another. The inner call is found separately, after this one.</summary>
    Nested,
}

/// <summary>A call in a text, or the beginning of one.</summary>
/// <param name="Form">What was found.</param>
/// <param name="Start">Index of the first character of its opening mark.</param>
/// <param name="End">Index after its last character.</param>
/// <param name="Call">The call; null if it never closes or contains another.</param>
/// <param name="Result">The result; null if there is none.</param>
public readonly record struct FoundCall(CallForm Form, int Start, int End, ToolCall? Call, string? Result);
