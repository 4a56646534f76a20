using Nonet.Alignment.Rewards;
using Nonet.Data.Preferences;
using Nonet.Inference;
using Nonet.Models;

namespace Nonet.Alignment;

/// <summary>How a policy generates responses.</summary>
public sealed record RolloutOptions
{
    /// <summary>Divisor of the logits.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Maximum number of tokens in a response, including its stop token.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Seed of the draws.</summary>
    public required ulong Seed { get; init; }
}

/// <summary>
/// Generates responses with a policy through the decoding engine, with the weights that are being trained. Prompts share batches, and equal prefixes share
/// keys and values. After an update of the weights, call <see cref="Forget"/>.
/// </summary>
public sealed class Rollouts : IDisposable
{
    const int MostSequences = 256;

    readonly DecodingEngine engine;
    readonly PromptLayout layout;
    readonly ICausalModel model;
    readonly int[] stops;

    /// <param name="model">The policy.</param>
    /// <param name="layout">Layout of prompts, with the policy's tokenizer.</param>
    /// <param name="longest">Maximum number of tokens in a prompt and its response together.</param>
    /// <param name="atOnce">Number of responses that are generated at once.</param>
    /// <param name="stopTokens">Tokens that end a response, besides the tokenizer's end token and the layout's.</param>
    public Rollouts(ICausalModel model, PromptLayout layout, int longest, int atOnce, params IReadOnlyList<int> stopTokens)
    {
        (this.layout, this.model) = (layout, model);
        stops = [.. stopTokens.Concat(layout.EndTokens).Append(layout.Tokenizer.EndOfText).Distinct()];
        var sequences = Math.Min(MostSequences, Math.Max(1, atOnce));
        engine = new DecodingEngine(model, options: new EngineOptions
        {
            MostSequences = sequences,
            CacheTokens = checked(sequences * (Math.Min(longest, model.Context) + KvCache.BlockSize)),
            UnreadTokens = Math.Max(64, longest),
            TokensPerStep = 4096,
            PromptTokensBesideDecoding = 1024
        });
    }

    /// <summary>Counters of the engine.</summary>
    public EngineCounts Counts => engine.Counts;

    /// <summary>Forgets the keys and values of the old weights.</summary>
    public void Forget() => engine.ForgetPrefixes();

    /// <summary>
    /// One response to each prompt. Response i has its own random stream, keyed by the seed and first + i, so it does not depend on the other responses.
    /// </summary>
    /// <param name="prompts">The prompts; a prompt may occur several times.</param>
    /// <param name="options">Temperature and length.</param>
    /// <param name="first">Number of the first response in the run.</param>
    /// <param name="stopping">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public Response[] Write(IReadOnlyList<Prompt> prompts, RolloutOptions options, long first = 0, CancellationToken stopping = default)
    {
        var written = Task.WhenAll(prompts.Select((prompt, i) => WriteOne(prompt, options, SeedOf(options.Seed, first + i), stopping)));
        return written.GetAwaiter().GetResult();
    }

    async Task<Response> WriteOne(Prompt prompt, RolloutOptions options, ulong seed, CancellationToken stopping)
    {
        var ids = layout.Prompt(prompt);
        var most = Math.Min(model.Context, CacheRoom) - options.MaxTokens;
        if (most < 1)
            throw new ArgumentException($"a response may have {options.MaxTokens} tokens, and the model's context is {model.Context}; expected room "
                + $"for a prompt: lower the length of a response");
        if (ids.Length > most)
            ids = ids[^most..];
        var generation = new GenerationOptions
        {
            Sampler = new SamplerOptions { Temperature = options.Temperature, Seed = seed },
            MaxTokens = options.MaxTokens,
            StopTokens = stops
        };
        var tokens = new List<int>(options.MaxTokens);
        await foreach (var token in engine.Generate(ids, generation, stopping).ConfigureAwait(false))
            tokens.Add(token.Id);
        int[] response = [.. tokens];
        var stopped = response is [.., var last] && stops.Contains(last);
        var text = response.AsSpan(0, response.Length - (stopped ? 1 : 0)).ToArray().Where(id => id < layout.Tokenizer.Vocab);
        return new Response { Layout = layout, Prompt = prompt, PromptIds = ids, Ids = response, Text = layout.Tokenizer.Decode([.. text]), Stopped = stopped };
    }

    int CacheRoom => engine.Context;

    /// <summary>Seed of a response, different for all responses with numbers below 2^64.</summary>
    static ulong SeedOf(ulong seed, long number) => unchecked(seed * 0x9E3779B97F4A7C15 + (ulong)number);

    /// <inheritdoc/>
    public void Dispose() => engine.Dispose();
}
