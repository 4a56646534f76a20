using Nonet.Inference;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Decoding;

/// <summary>A piece of a text with calls. The texts of all pieces, end to end, are the text.</summary>
/// <param name="Text">New text; empty where a call begins, and where it ended without a result.</param>
public readonly record struct ToolPiece(string Text)
{
    /// <summary>The model's token that completes this piece; null: a call begins or ends.</summary>
    public GeneratedToken? Token { get; init; }

    /// <summary>The call that begins, or ends, with this piece; null: the model wrote its own words, or a call that never closes was taken back.</summary>
    public ToolCall? Call { get; init; }

    /// <summary>How the call ended; null: it begins. If it gave a text, <see cref="Text"/> holds the whole call.</summary>
    public ToolResult? Result { get; init; }

    /// <summary>What was taken back here: a call that began and never closed, or cannot be read; null: nothing.</summary>
    public UnclosedCall? Unclosed { get; init; }

    /// <summary>On the last piece, why it is the last.</summary>
    public StopReason? Stop { get; init; }

    /// <summary>The text alone, so that pieces can be written as they come.</summary>
    public override string ToString() => Text;
}
