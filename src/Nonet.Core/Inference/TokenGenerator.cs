using System.Runtime.CompilerServices;
using Nonet.Inference.Constraints;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Inference;

/// <summary>Token sequences from a model, one token a step over a <see cref="KvCache"/>.</summary>
public abstract class TokenGenerator
{
    readonly ICachedModel model;

    private protected TokenGenerator(ICachedModel model, int? vocab)
    {
        this.model = model;
        Vocab = vocab ?? model.Vocab;
    }

    /// <summary>Only ids below it are drawn.</summary>
    public int Vocab { get; }

    /// <summary>The model for a tokenizer of so many ids: a decoder continues the prompt, an encoder-decoder answers it.</summary>
    /// <param name="model">Its weights filled.</param>
    /// <param name="vocab">Only ids below it are drawn: a tokenizer may have fewer than the model, whose table was rounded up. Null: all.</param>
    public static TokenGenerator For(ILanguageModel model, int? vocab = null) => model switch
    {
        ICausalModel causal => new Generator(causal, vocab),
        IEncoderDecoder both => new EncoderDecoderGenerator(both, vocab),
        _ => throw new NotSupportedException($"a {model.GetType().Name} writes no text; expected a decoder or an encoder-decoder"),
    };

    /// <summary>
    /// The new tokens as they come. Each step runs off the caller's thread; cancelling ends the enumeration with an
    /// <see cref="OperationCanceledException"/> within a step.
    /// </summary>
    public async IAsyncEnumerable<GeneratedToken> Stream(int[] prompt, GenerationOptions options, [EnumeratorCancellation] CancellationToken stopping = default)
    {
        Check(prompt, options);
        using var tokens = Run(prompt, options, stopping).GetEnumerator();
        while (await Task.Run(tokens.MoveNext, stopping).ConfigureAwait(false))
            yield return tokens.Current;
    }

    /// <summary>The same on the caller's thread.</summary>
    public IEnumerable<GeneratedToken> Tokens(int[] prompt, GenerationOptions options, CancellationToken stopping = default)
    {
        Check(prompt, options);
        return Run(prompt, options, stopping);
    }

    IEnumerable<GeneratedToken> Run(int[] prompt, GenerationOptions options, CancellationToken stopping)
    {
        if (options.MaxTokens == 0)
            yield break;
        using var cache = new KvCache(model, limit: model.Context);
        var sequence = cache.Begin();
        using var session = Begin(prompt, options, cache, sequence, stopping);
        var next = session.First;
        var sampler = new Sampler(options.Sampler, session.Seen, Math.Min(options.MaxTokens ?? 256, 4096));
        var constraint = ConstraintOf(options);
        var allowed = constraint is null ? null : new TokenMask(Vocab);
        for (var step = 0; ; step++)
        {
            stopping.ThrowIfCancellationRequested();
            if (constraint is not null && !Fill(allowed!, constraint, options))
                yield break;
            var id = Next(session, cache, sequence, next, sampler, allowed);
            sampler.Accept(id);
            var ends = options.StopTokens.Contains(id);
            if (!ends)
                constraint?.Accept(id);
            StopReason? stop = ends ? StopReason.EndOfText
                : constraint is { MustEnd: true } ? StopReason.Complete
                : step + 1 == options.MaxTokens ? StopReason.MaxTokens
                : cache.Length(sequence) == model.Context ? StopReason.ContextFull
                : null;
            yield return new GeneratedToken(id, stop);
            if (stop is not null)
                yield break;
            next = [id];
        }
    }

    ITokenConstraint? ConstraintOf(GenerationOptions options)
    {
        if (options.Constraint is { } constraint && constraint.Vocab != Vocab)
            throw new ArgumentException($"GenerationOptions.Constraint is made for {constraint.Vocab} tokens; this model draws from {Vocab}");
        return options.Constraint?.Fork();
    }

    /// <summary>Sets the mask of the next token. False: none may follow.</summary>
    static bool Fill(TokenMask allowed, ITokenConstraint constraint, GenerationOptions options)
    {
        if (constraint.MustEnd)
            return false;
        constraint.Fill(allowed);
        if (constraint.MayEnd)
        {
            foreach (var id in options.StopTokens.Where(id => id < allowed.Vocab))
                allowed.Allow(id);
        }
        return true;
    }

    int Next(Session session, KvCache cache, int sequence, ReadOnlySpan<int> ids, Sampler sampler, TokenMask? allowed)
    {
        using var scope = new TensorScope();
        var hidden = session.Forward(cache.Append(sequence, ids), cache);
        var last = ids.Length == 1 ? hidden : Ops.Slice(hidden, 0, ids.Length - 1, 1);
        return sampler.Sample(session.Output(last).Download().AsSpan<float>()[..Vocab], allowed).Id;
    }

    /// <summary>Computes all of a prompt but what the first step takes.</summary>
    private protected abstract Session Begin(int[] prompt, GenerationOptions options, KvCache cache, int sequence, CancellationToken stopping);

    void Check(int[] prompt, GenerationOptions options)
    {
        if (prompt.Length == 0)
            throw new ArgumentException("the prompt has no token; at least one is needed", nameof(prompt));
        var prompts = model is IEncoderDecoder both ? both.SourceVocab : model.Vocab;
        if (prompt.Length > model.Context)
            throw new ArgumentException($"the prompt has {prompt.Length} tokens, more than the model's context of {model.Context}", nameof(prompt));
        foreach (var id in prompt)
        {
            if ((uint)id >= (uint)prompts)
                throw new ArgumentException($"token {id} of the prompt is not in the model's vocabulary of {prompts}", nameof(prompt));
        }
        if (options.MaxTokens < 0)
            throw new ArgumentException($"GenerationOptions.MaxTokens is {options.MaxTokens}; expected at least 0, or null for no limit");
        if (options.PrefillTokens < 1)
            throw new ArgumentException($"GenerationOptions.PrefillTokens is {options.PrefillTokens}; expected at least 1");
    }

    /// <summary>One generation: its first input, the ids that the repetition penalty knows from the start, and the model's two halves.</summary>
    private protected sealed record Session(int[] First, int[] Seen, Func<Batch, KvCache, Tensor> Forward, Func<Tensor, Tensor> Output, IDisposable? Owned = null) : IDisposable
    {
        public void Dispose() => Owned?.Dispose();
    }
}

/// <summary>Continues token sequences with a decoder: the prompt once, then one token a step.</summary>
/// <param name="model">The decoder, its weights filled.</param>
/// <param name="vocab">Only ids below it are drawn: a tokenizer may have fewer than the model, whose table was rounded up. Null: all.</param>
public sealed class Generator(ICausalModel model, int? vocab = null) : TokenGenerator(model, vocab)
{
    private protected override Session Begin(int[] prompt, GenerationOptions options, KvCache cache, int sequence, CancellationToken stopping)
    {
        var done = 0;
        for (; prompt.Length - done > options.PrefillTokens; done += options.PrefillTokens)
        {
            stopping.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            model.Forward(cache.Append(sequence, prompt.AsSpan(done, options.PrefillTokens)), cache);
        }
        return new Session(prompt[done..], prompt, model.Forward, model.Output);
    }
}

/// <summary>Answers token sequences with an encoder-decoder: the prompt is the source, the answer begins with the start token.</summary>
/// <param name="model">The model, its weights filled.</param>
/// <param name="vocab">Only ids below it are drawn; null: all.</param>
public sealed class EncoderDecoderGenerator(IEncoderDecoder model, int? vocab = null) : TokenGenerator(model, vocab)
{
    private protected override Session Begin(int[] prompt, GenerationOptions options, KvCache cache, int sequence, CancellationToken stopping)
    {
        using var scope = new TensorScope();
        var source = model.Encode(Batch.Of(model.Parameters.Device, prompt));
        var memory = new EncodedSource(source.Hidden.Unscoped(), source.Starts.Unscoped());
        return new Session([model.StartToken], [], (batch, kept) => model.Decode(batch, memory, kept), model.Output, memory);
    }
}
