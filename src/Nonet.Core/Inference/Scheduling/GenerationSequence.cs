using System.Threading.Channels;
using Nonet.Inference.Constraints;

namespace Nonet.Inference.Scheduling;

/// <summary>Limits of a generation.</summary>
/// <param name="Vocab">Only ids below this are drawn.</param>
/// <param name="Context">Maximum number of tokens in a sequence.</param>
/// <param name="Unread">Maximum number of unread tokens.</param>
readonly record struct GenerationLimits(int Vocab, int Context, int Unread);

/// <summary>Generates one token per step, with its own sampler and stop rules.</summary>
sealed class GenerationSequence : EngineSequence
{
    /// <summary>Number of new tokens that a sampler expects if there is no limit.</summary>
    const int Expected = 1024;

    readonly GenerationOptions options;
    readonly GenerationLimits limits;
    readonly TokenText? text;
    readonly Sampler sampler;
    readonly ulong seed;
    readonly ITokenConstraint? constraint;
    readonly TokenMask? allowed;
    readonly Channel<GeneratedToken> unread;

    /// <param name="tokens">The prompt; for an encoder-decoder, the start token.</param>
    /// <param name="source">Source of an encoder-decoder; null for a decoder.</param>
    /// <param name="options">Settings of sampling and stopping.</param>
    /// <param name="text">Converts tokens to text; null: no text is needed.</param>
    /// <param name="limits">Limits of the engine.</param>
    /// <param name="cancellation">Cancels the generation.</param>
    public GenerationSequence(int[] tokens, int[]? source, GenerationOptions options, TokenText? text, GenerationLimits limits, CancellationToken cancellation)
        : base(tokens, cancellation)
    {
        (Source, this.options, this.text, this.limits) = (source, options, text, limits);
        seed = options.Sampler.Seed ?? (ulong)Random.Shared.NextInt64();
        sampler = new Sampler(options.Sampler with { Seed = seed }, source is null ? tokens : [], Math.Min(options.MaxTokens ?? Expected, Expected));
        constraint = options.Constraint?.Fork();
        allowed = constraint is null ? null : new TokenMask(limits.Vocab);
        unread = Channel.CreateBounded<GeneratedToken>(new BoundedChannelOptions(limits.Unread) { SingleWriter = true, SingleReader = true });
    }

    public ChannelReader<GeneratedToken> Reader => unread.Reader;

    /// <summary>Number of prompt tokens whose keys and values were already in the cache; null before admission.</summary>
    public int? Reused { get; private set; }

    /// <summary>Number of new tokens so far.</summary>
    public int Written => sampler.Length;

    /// <summary>Number of tokens that can be drafted within the limits, including that of unread tokens.</summary>
    public int DraftRoom =>
        Math.Min(Math.Min(limits.Context - Count, limits.Unread - unread.Reader.Count - 1), (options.MaxTokens ?? int.MaxValue) - Written - 1);

    /// <summary>A new sampler that draws the same tokens from the same logits.</summary>
    public Sampler CreateSampler() => new(options.Sampler with { Seed = seed }, Tokens[..^Written], Expected);

    public override int Wanted => Count;
    public override int FirstRow => Count - 1;
    public override bool IsPaused => unread.Reader.Count >= limits.Unread;

    /// <summary>
    /// Whether the scheduler may have found the sequence paused before the last read. Check it only after a read: before it, the answer would be unreliable,
    /// because the scheduler may write the last token that fits, and pause, between the check and the read.
    /// </summary>
    public bool MayHavePaused => unread.Reader.Count >= limits.Unread - 1;

    public override void Begun(int reused) => Reused ??= reused;

    public override bool Take(int position, ReadOnlySpan<float> logits)
    {
        if (constraint is not null)
            Allow(constraint);
        var sampled = sampler.Sample(logits[..limits.Vocab], allowed);
        var id = sampled.Id;
        sampler.Accept(id);
        var ends = options.StopTokens.Contains(id);
        if (!ends)
            constraint?.Accept(id);
        StopReason? stop = ends ? StopReason.EndOfText
            : constraint is { MustEnd: true } ? StopReason.Complete
            : sampler.Length == options.MaxTokens ? StopReason.MaxTokens
            : Count == limits.Context ? StopReason.ContextFull
            : null;
        var token = new GeneratedToken(id, "", stop);
        if (text is not null)
        {
            var (shown, end) = text.Add(id, stop);
            token = token with { Text = shown, Stop = end };
        }
        if (options.LogProbabilities is { } count)
            token = WithLogProbabilities(token, sampled, logits, count);
        Append(id);
        if (!unread.Writer.TryWrite(token))
            return IsCancelled ? false : throw new InvalidOperationException($"{limits.Unread} tokens are unread: a paused sequence was computed");
        if (token.Stop is null)
            return true;
        IsDone = true;
        unread.Writer.TryComplete();
        return false;
    }

    /// <summary>Cancels the sequence, and ends its consumer's wait at once.</summary>
    public void Cancel(CancellationToken token)
    {
        Cancel();
        unread.Writer.TryComplete(new OperationCanceledException(token));
    }

    public override void Fail(Exception error)
    {
        IsDone = true;
        unread.Writer.TryComplete(error);
    }

    /// <summary>Sets the mask of the next token.</summary>
    void Allow(ITokenConstraint constraint)
    {
        constraint.Fill(allowed!);
        if (!constraint.MayEnd)
            return;
        foreach (var id in options.StopTokens)
        {
            if (id < limits.Vocab)
                allowed!.Allow(id);
        }
    }

    GeneratedToken WithLogProbabilities(GeneratedToken token, SampledToken sampled, ReadOnlySpan<float> logits, int count)
    {
        var likeliest = count == 0 ? [] : new TokenLogProbability[Math.Min(count, logits.Length)];
        TokenProbabilities.Top(logits, likeliest);
        return token with
        {
            LogProbability = limits.Vocab == logits.Length ? sampled.LogProbability : logits[token.Id] - TokenProbabilities.LogSum(logits),
            SampledLogProbability = sampled.SampledLogProbability,
            Likeliest = likeliest,
        };
    }
}
