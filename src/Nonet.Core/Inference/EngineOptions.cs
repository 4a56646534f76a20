using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Inference;

/// <summary>Limits of a <see cref="DecodingEngine"/>.</summary>
public sealed record EngineOptions
{
    /// <summary>
    /// Most tokens whose keys and values are kept, of all sequences and reusable prefixes together. Null: four times the model's context, or what fits into a
    /// quarter of the memory, whichever is less.
    /// </summary>
    public int? CacheTokens { get; init; }

    /// <summary>Type of the cached keys and values; null: that of the device's activations.</summary>
    public DType? CacheType { get; init; }

    /// <summary>Most sequences that are computed together; further ones wait their turn.</summary>
    public int MostSequences { get; init; } = 64;

    /// <summary>Most tokens of a step while nothing but prompts is computed: bounds memory, and how long a cancellation waits.</summary>
    public int TokensPerStep { get; init; } = 512;

    /// <summary>Most prompt tokens of a step beside sequences that are being decoded, which wait for them.</summary>
    public int PromptTokensBesideDecoding { get; init; } = 128;

    /// <summary>Tokens that a consumer may leave unread before its sequence pauses.</summary>
    public int UnreadTokens { get; init; } = 64;

    /// <summary>Keeps the keys and values of finished sequences, so that a later one with the same beginning computes only what is new.</summary>
    public bool ReusePrefixes { get; init; } = true;

    /// <summary>A small model with the same vocabulary, which drafts tokens where that measures faster. The text stays the same.</summary>
    public ICausalModel? Draft { get; init; }

    /// <summary>Drafts the tokens that followed the same last tokens earlier in the text, where that measures faster. The text stays the same.</summary>
    public bool DraftsByLookup { get; init; }

    /// <summary>Most tokens that are drafted at once.</summary>
    public int DraftTokens { get; init; } = 5;

    /// <summary>Drafts even where it is slower.</summary>
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
