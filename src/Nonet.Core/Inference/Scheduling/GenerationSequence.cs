using System.Threading.Channels;

namespace Nonet.Inference.Scheduling;

/// <summary>What a generation needs to know about the engine's model.</summary>
/// <param name="Vocab">Only ids below it are drawn.</param>
/// <param name="Context">Most tokens of a sequence.</param>
/// <param name="Unread">Tokens that may be left unread.</param>
readonly record struct GenerationLimits(int Vocab, int Context, int Unread);

/// <summary>New tokens, one a step, with a sampler and stop rules of its own.</summary>
sealed class GenerationSequence : EngineSequence
{
    readonly GenerationOptions options;
    readonly GenerationLimits limits;
    readonly TokenText? text;
    readonly Sampler sampler;
    readonly HashSet<int>? seen;
    readonly Channel<GeneratedToken> unread;
    int drawn;

    /// <param name="tokens">The prompt; of an encoder-decoder, the start token.</param>
    /// <param name="options">How to draw and where to stop.</param>
    /// <param name="text">Turns tokens into text; null: none is wanted.</param>
    /// <param name="limits">Of the engine.</param>
    /// <param name="cancellation">Ends it.</param>
    public GenerationSequence(int[] tokens, GenerationOptions options, TokenText? text, GenerationLimits limits, CancellationToken cancellation) : base(tokens, cancellation)
    {
        (this.options, this.text, this.limits) = (options, text, limits);
        sampler = new Sampler(options.Sampler);
        seen = options.Sampler.RepetitionPenalty is null ? null : [];
        unread = Channel.CreateBounded<GeneratedToken>(new BoundedChannelOptions(limits.Unread) { SingleWriter = true, SingleReader = true });
    }

    public ChannelReader<GeneratedToken> Reader => unread.Reader;

    /// <summary>Prompt tokens whose keys and values were in the cache already.</summary>
    public int? Reused { get; private set; }

    public override int Wanted => Count;
    public override int FirstRow => Count - 1;
    public override bool IsPaused => unread.Reader.Count >= limits.Unread;

    public override void Begun(int reused)
    {
        Reused ??= reused;
        if (Source is not null || seen is null)
            return;
        foreach (var id in Tokens)
            seen.Add(id);
    }

    public override bool Take(int position, ReadOnlySpan<float> logits)
    {
        var drawable = logits[..limits.Vocab];
        var id = sampler.Sample(drawable, drawn++, seen);
        StopReason? stop = options.StopTokens.Contains(id) ? StopReason.EndOfText
            : drawn == options.MaxTokens ? StopReason.MaxTokens
            : Count == limits.Context ? StopReason.ContextFull
            : null;
        var token = new GeneratedToken(id, "", stop);
        if (text is not null)
        {
            var (shown, end) = text.Add(id, stop);
            token = token with { Text = shown, Stop = end };
        }
        if (options.LogProbabilities is { } count)
            token = WithLogProbabilities(token, logits, count);
        seen?.Add(id);
        Append(id);
        if (!unread.Writer.TryWrite(token))
            throw new InvalidOperationException($"{limits.Unread} tokens are unread: a paused sequence was computed");
        if (token.Stop is null)
            return true;
        IsDone = true;
        unread.Writer.Complete();
        return false;
    }

    public override void Fail(Exception error)
    {
        IsDone = true;
        unread.Writer.TryComplete(error);
    }

    GeneratedToken WithLogProbabilities(GeneratedToken token, ReadOnlySpan<float> logits, int count)
    {
        var denominator = LogSoftmax.Denominator(logits);
        return token with
        {
            LogProbability = logits[token.Id] - denominator,
            SampledLogProbability = Math.Log(sampler.Probabilities(logits[..limits.Vocab], seen)[token.Id]),
            Likeliest = count == 0 ? [] : LogSoftmax.Likeliest(logits, count, denominator),
        };
    }
}
