using Nonet.Inference;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Decoding;

/// <summary>A piece of a text with calls. The concatenated texts of all pieces are the whole text.</summary>
/// <param name="Text">New text; empty where a call begins, and where a call ends without a result.</param>
public readonly record struct ToolPiece(string Text)
{
    /// <summary>The model's token that completes this piece; null where a call begins or ends.</summary>
    public GeneratedToken? Token { get; init; }

    /// <summary>The call that begins or ends with this piece; null for ordinary text, and where an unclosed call was removed.</summary>
    public ToolCall? Call { get; init; }

    /// <summary>The outcome of the call; null where it begins. If the call has a result, <see cref="Text"/> is the whole call with its result.</summary>
    public ToolResult? Result { get; init; }

    /// <summary>A call that was removed here because it never closed or cannot be parsed; null if there is none.</summary>
    public UnclosedCall? Unclosed { get; init; }

    /// <summary>On the last piece, why the text ended; null on all others.</summary>
    public StopReason? Stop { get; init; }

    /// <summary>The text, so that pieces can be written as they arrive.</summary>
    public override string ToString() => Text;
}
