using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>Outcome of a call.</summary>
/// <param name="Text">Text for the model.</param>
/// <param name="Error">Error message for the user; null: no error.</param>
public sealed record CallResult(string Text, string? Error = null);

/// <summary>Tools that a conversation's model may call.</summary>
/// <param name="Functions">The tools.</param>
/// <param name="Run">Runs a call. It throws only if the token is cancelled, whatever a tool does.</param>
public sealed record ConversationTools(IReadOnlyList<ChatTool> Functions, Func<ChatToolCall, CancellationToken, Task<CallResult>> Run)
{
    /// <summary>Maximum number of replies with calls in a turn. After them the model has to answer without calls.</summary>
    public int MostRounds { get; init; } = 8;
}

/// <summary>A piece of an answer whose model may call tools.</summary>
public readonly record struct TurnPiece
{
    /// <summary>Text for the user.</summary>
    public string Text { get; init; }

    /// <summary>Thoughts of the model before its answer.</summary>
    public string Reasoning { get; init; }

    /// <summary>A call that begins or has ended; null: a piece of text.</summary>
    public ChatToolCall? Call { get; init; }

    /// <summary>Outcome of the call; null: the call begins.</summary>
    public CallResult? Result { get; init; }

    /// <summary>On the last piece, why the answer ended; null on other pieces, and if no token was requested.</summary>
    public StopReason? Stop { get; init; }

    /// <summary>On the last piece: the beginning of a call that the end of the reply cut off.</summary>
    public string IncompleteCall { get; init; }

    /// <summary>The text, so that a piece can be printed directly.</summary>
    public override string ToString() => Text ?? "";
}
