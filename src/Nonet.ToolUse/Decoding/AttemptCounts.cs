namespace Nonet.ToolUse.Decoding;

/// <summary>What came of the places where the mark of a call was among the likeliest tokens.</summary>
/// <param name="Begun">All of them.</param>
/// <param name="Abandoned">No call began: no name of a tool with a parenthesis followed, as in an ordinary bracket.</param>
/// <param name="Unclosed">A call began and could not be read: it never closed, or another began inside it.</param>
/// <param name="Calls">Calls that were given to the tools.</param>
public readonly record struct AttemptCounts(long Begun, long Abandoned, long Unclosed, long Calls);
