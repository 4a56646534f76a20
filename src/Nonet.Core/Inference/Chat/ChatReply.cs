using Nonet.Inference.Tools;

namespace Nonet.Inference.Chat;

/// <summary>A reply, computed as it is read. Read it once.</summary>
public sealed class ChatReply : IAsyncEnumerable<ReplyPiece>
{
    readonly Generation generation;
    readonly ReplyReader reader;
    readonly StopTextFilter filter;
    bool isBegun;

    internal ChatReply(Generation generation, ReplyReader reader, IReadOnlyCollection<string> stopTexts) =>
        (this.generation, this.reader, filter) = (generation, reader, new StopTextFilter(stopTexts));

    /// <summary>Number of tokens in the conversation.</summary>
    public int PromptTokens => generation.PromptTokens;

    /// <summary>Number of these tokens that an earlier request had computed; 0 before the first piece.</summary>
    public int ReusedTokens => generation.ReusedTokens;

    /// <summary>Number of tokens in the reply so far.</summary>
    public int NewTokens { get; private set; }

    /// <summary>Number of these tokens that were thoughts.</summary>
    public int ThinkingTokens { get; private set; }

    /// <summary>Number of calls in the reply so far.</summary>
    public int Calls { get; private set; }

    /// <summary>After the last piece, why the reply ended. Null before, and if no token was requested.</summary>
    public StopReason? Stop { get; private set; }

    /// <summary>The last token, with its log-probabilities if they were requested.</summary>
    public GeneratedToken Token { get; private set; }

    /// <summary>After the last piece: the beginning of a call that the end of the reply cut off; otherwise empty.</summary>
    public string IncompleteCall => reader.Incomplete;

    /// <summary>Begins to generate. Ending the enumeration early, or cancelling it, frees the sequence's part of the cache at once.</summary>
    /// <exception cref="InvalidOperationException">The reply was read already.</exception>
    public async IAsyncEnumerator<ReplyPiece> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (isBegun)
            throw new InvalidOperationException("the reply was read already; generate another one");
        isBegun = true;
        await foreach (var token in generation.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            (Token, Stop) = (token, token.Stop);
            NewTokens++;
            if (reader.IsThinking)
                ThinkingTokens++;
            foreach (var piece in reader.Add(token.Text))
            {
                if (Shown(piece) is { } shown)
                    yield return shown;
            }
            if (filter.Found)
            {
                Stop = StopReason.StopText;
                yield break;
            }
        }
        foreach (var piece in reader.Finish())
        {
            if (Shown(piece) is { } shown)
                yield return shown;
        }
        if (filter.Found)
            Stop = StopReason.StopText;
        else if (filter.Finish() is { Length: > 0 } rest)
            yield return new ReplyPiece(rest);
    }

    /// <summary>A piece whose text ends before the first stop text; null if the piece has nothing to show yet.</summary>
    ReplyPiece? Shown(ReplyPiece piece)
    {
        if (filter.Found)
            return null;
        if (piece.Call is not null)
            Calls++;
        if (piece.Text.Length == 0)
            return piece;
        return filter.Add(piece.Text) is { Length: > 0 } text ? piece with { Text = text } : null;
    }
}
