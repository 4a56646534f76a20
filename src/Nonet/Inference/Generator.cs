using System.Runtime.CompilerServices;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Inference;

/// <summary>Continues token sequences with a decoder: the prompt once, then one token a step over a <see cref="KvCache"/>.</summary>
/// <param name="model">The decoder, its weights filled.</param>
/// <param name="vocab">Only ids below it are drawn: a tokenizer may have fewer than the model, whose table was rounded up. Null: all.</param>
public sealed class Generator(ICausalModel model, int? vocab = null)
{
    /// <summary>
    /// The new tokens as they come. Each step runs off the caller's thread; cancelling ends the enumeration with an
    /// <see cref="OperationCanceledException"/> within a step.
    /// </summary>
    public async IAsyncEnumerable<GeneratedToken> Stream(int[] prompt, GenerationOptions options, [EnumeratorCancellation] CancellationToken stopping = default)
    {
        Check(prompt, options);
        using var tokens = Run(prompt, options, new Sampler(options.Sampler), stopping).GetEnumerator();
        while (await Task.Run(tokens.MoveNext, stopping).ConfigureAwait(false))
            yield return tokens.Current;
    }

    /// <summary>The same on the caller's thread.</summary>
    public IEnumerable<GeneratedToken> Tokens(int[] prompt, GenerationOptions options, CancellationToken stopping = default)
    {
        Check(prompt, options);
        return Run(prompt, options, new Sampler(options.Sampler), stopping);
    }

    IEnumerable<GeneratedToken> Run(int[] prompt, GenerationOptions options, Sampler sampler, CancellationToken stopping)
    {
        if (options.MaxTokens == 0)
            yield break;
        using var cache = new KvCache(model, limit: model.Context);
        var sequence = cache.Begin();
        var done = 0;
        for (; prompt.Length - done > options.PrefillTokens; done += options.PrefillTokens)
        {
            stopping.ThrowIfCancellationRequested();
            Prefill(cache, sequence, prompt.AsSpan(done, options.PrefillTokens));
        }
        var next = prompt[done..];
        var seen = options.Sampler.RepetitionPenalty is null ? null : new HashSet<int>(prompt);
        for (var step = 0; ; step++)
        {
            stopping.ThrowIfCancellationRequested();
            var id = Next(cache, sequence, next, sampler, step, seen);
            seen?.Add(id);
            StopReason? stop = options.StopTokens.Contains(id) ? StopReason.EndOfText
                : step + 1 == options.MaxTokens ? StopReason.MaxTokens
                : cache.Length(sequence) == model.Context ? StopReason.ContextFull
                : null;
            yield return new GeneratedToken(id, stop);
            if (stop is not null)
                yield break;
            next = [id];
        }
    }

    void Prefill(KvCache cache, int sequence, ReadOnlySpan<int> ids)
    {
        using var scope = new TensorScope();
        model.Forward(cache.Append(sequence, ids), cache);
    }

    int Next(KvCache cache, int sequence, ReadOnlySpan<int> ids, Sampler sampler, int step, HashSet<int>? seen)
    {
        using var scope = new TensorScope();
        var hidden = model.Forward(cache.Append(sequence, ids), cache);
        var last = ids.Length == 1 ? hidden : Ops.Slice(hidden, 0, ids.Length - 1, 1);
        return sampler.Sample(model.Output(last).AsSpan<float>()[..(vocab ?? model.Vocab)], step, seen);
    }

    void Check(int[] prompt, GenerationOptions options)
    {
        if (prompt.Length == 0)
            throw new ArgumentException("the prompt has no token; at least one is needed", nameof(prompt));
        if (prompt.Length > model.Context)
            throw new ArgumentException($"the prompt has {prompt.Length} tokens, more than the model's context of {model.Context}", nameof(prompt));
        foreach (var id in prompt)
        {
            if ((uint)id >= (uint)model.Vocab)
                throw new ArgumentException($"token {id} of the prompt is not in the model's vocabulary of {model.Vocab}", nameof(prompt));
        }
        if (options.MaxTokens < 0)
            throw new ArgumentException($"GenerationOptions.MaxTokens is {options.MaxTokens}; expected at least 0, or null for no limit");
        if (options.PrefillTokens < 1)
            throw new ArgumentException($"GenerationOptions.PrefillTokens is {options.PrefillTokens}; expected at least 1");
    }
}
