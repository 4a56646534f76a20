using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>What came of a call.</summary>
/// <param name="Text">What the model is told.</param>
/// <param name="Error">What went wrong, for the user; null if nothing did.</param>
public sealed record CallResult(string Text, string? Error = null);

/// <summary>Tools that a conversation's model may call.</summary>
/// <param name="Functions">The tools.</param>
/// <param name="Run">Runs a call. It does not throw for what a tool does, but for a cancelled token.</param>
public sealed record ConversationTools(IReadOnlyList<ChatTool> Functions, Func<ChatToolCall, CancellationToken, Task<CallResult>> Run)
{
    /// <summary>Replies with calls that a turn may have; the next one must do without.</summary>
    public int MostRounds { get; init; } = 8;
}

/// <summary>A piece of an answer whose model may call tools.</summary>
public readonly record struct TurnPiece
{
    /// <summary>Text for the user.</summary>
    public string Text { get; init; }

    /// <summary>What the model thinks before it answers.</summary>
    public string Reasoning { get; init; }

    /// <summary>A call that begins or has ended; null: a piece of text.</summary>
    public ChatToolCall? Call { get; init; }

    /// <summary>What came of the call; null: it begins.</summary>
    public CallResult? Result { get; init; }

    /// <summary>On the last piece, why the answer ended; null also if no token was asked for.</summary>
    public StopReason? Stop { get; init; }

    /// <summary>On the last piece: the beginning of a call that the end of the reply cut off.</summary>
    public string IncompleteCall { get; init; }

    /// <summary>The text alone, so that pieces can be written as they come.</summary>
    public override string ToString() => Text ?? "";
}
