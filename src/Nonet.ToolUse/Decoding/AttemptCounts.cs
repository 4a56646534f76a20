namespace Nonet.ToolUse.Decoding;

/// <summary>Counts of the attempts to call a tool. An attempt begins where the opening mark is among the likeliest tokens.</summary>
/// <param name="Begun">Number of attempts.</param>
/// <param name="Abandoned">Attempts without a call: no tool's name with a parenthesis followed the mark, as in an ordinary bracket.</param>
/// <param name="Unclosed">Attempts with a call that could not be parsed: it never closed, or another began inside it.</param>
/// <param name="Calls">Calls that were passed to the tools.</param>
public readonly record struct AttemptCounts(long Begun, long Abandoned, long Unclosed, long Calls);
