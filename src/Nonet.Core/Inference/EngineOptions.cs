using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Inference;

/// <summary>Limits of a <see cref="DecodingEngine"/>.</summary>
public sealed record EngineOptions
{
    /// <summary>
    /// Capacity of the cache in tokens, for all sequences and reusable prefixes together. Null: four times the model's context, or what fits into a
    /// quarter of the memory if that is less.
    /// </summary>
    public int? CacheTokens { get; init; }

    /// <summary>Type of the cached keys and values; null: that of the device's activations.</summary>
    public DType? CacheType { get; init; }

    /// <summary>Maximum number of sequences computed together; further ones wait.</summary>
    public int MostSequences { get; init; } = 64;

    /// <summary>Maximum number of tokens in a step that computes only prompts. It bounds the memory, and the time until a cancellation takes effect.</summary>
    public int TokensPerStep { get; init; } = 512;

    /// <summary>Maximum number of prompt tokens in a step that also decodes sequences. The sequences wait for them.</summary>
    public int PromptTokensBesideDecoding { get; init; } = 128;

    /// <summary>Number of unread tokens at which a sequence pauses.</summary>
    public int UnreadTokens { get; init; } = 64;

    /// <summary>
    /// Whether to keep the keys and values of finished sequences, so that a later sequence with the same prefix computes only its new tokens.
    /// </summary>
    public bool ReusePrefixes { get; init; } = true;

    /// <summary>A small model with the same vocabulary that drafts tokens as long as that is measurably faster. The text stays the same.</summary>
    public ICausalModel? Draft { get; init; }

    /// <summary>
    /// Whether to draft the tokens that followed the same last tokens earlier in the text, as long as that is measurably faster. The text stays the same.
    /// </summary>
    public bool DraftsByLookup { get; init; }

    /// <summary>Maximum number of tokens drafted at once.</summary>
    public int DraftTokens { get; init; } = 5;

    /// <summary>Whether to draft even if that is slower.</summary>
    internal bool AlwaysDrafts { get; init; }

    internal void Check()
    {
        if (Draft is not null && DraftsByLookup)
            throw new ArgumentException("EngineOptions.Draft and EngineOptions.DraftsByLookup are both set; expected one source of drafts");
        AtLeast(nameof(DraftTokens), DraftTokens, 1);
        AtLeast(nameof(CacheTokens), CacheTokens ?? 1, 1);
        AtLeast(nameof(MostSequences), MostSequences, 1);
        AtLeast(nameof(TokensPerStep), TokensPerStep, 1);
        AtLeast(nameof(PromptTokensBesideDecoding), PromptTokensBesideDecoding, 1);
        AtLeast(nameof(UnreadTokens), UnreadTokens, 1);
    }

    static void AtLeast(string name, int value, int least)
    {
        if (value < least)
            throw new ArgumentException($"EngineOptions.{name} is {value}; expected at least {least}");
    }
}
