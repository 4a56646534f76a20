using Nonet.Inference.Scheduling;

namespace Nonet.Inference;

/// <summary>The new tokens of a prompt, computed while they are read. A second enumeration generates again.</summary>
public sealed class Generation : IAsyncEnumerable<GeneratedToken>
{
    readonly DecodingEngine engine;
    readonly Func<CancellationToken, GenerationSequence>? create;
    readonly CancellationToken cancellation;
    GenerationSequence? sequence;

    internal Generation(DecodingEngine engine, int promptTokens, Func<CancellationToken, GenerationSequence>? create, CancellationToken cancellation) =>
        (this.engine, PromptTokens, this.create, this.cancellation) = (engine, promptTokens, create, cancellation);

    /// <summary>Number of tokens in the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>Number of prompt tokens that were not computed, because an earlier sequence had the same prefix; 0 before the first token.</summary>
    public int ReusedTokens => sequence?.Reused ?? 0;

    /// <summary>Begins to generate. Ending the enumeration early, or cancelling it, frees the sequence's part of the cache at once.</summary>
    public async IAsyncEnumerator<GeneratedToken> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (create is null) // no token is requested
            yield break;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken);
        var running = sequence = create(linked.Token);
        // Cancellation closes the channel, which ends the wait for a token. A wait with its own cancellation token would allocate each time.
        using var registration = linked.Token.UnsafeRegister(
            static (sequence, token) => ((GenerationSequence)sequence!).Cancel(token), running);
        using var waking = linked.Token.UnsafeRegister(static engine => ((DecodingEngine)engine!).Wake(), engine);
        engine.Submit(running);
        try
        {
            while (await running.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                while (true)
                {
                    linked.Token.ThrowIfCancellationRequested();
                    if (!running.Reader.TryRead(out var token))
                        break;
                    if (running.MayHavePaused)
                        engine.Wake();
                    yield return token;
                }
            }
        }
        finally
        {
            if (!running.IsDone)
            {
                running.Cancel();
                engine.Wake();
            }
        }
    }
}
