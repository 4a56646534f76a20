using Nonet.Checkpoints;
using Nonet.Inference.Constraints;

namespace Nonet.Inference;

/// <summary>How a text is continued.</summary>
public sealed record GenerationOptions
{
    public SamplerOptions Sampler { get; init; } = new();

    /// <summary>What the text may be, such as a JSON document of a schema; null: anything. The text ends where nothing may follow, or at a stop token, which is allowed where the text is complete.</summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>Most new tokens; null: until an end mark or the end of the context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Tokens that end the text, such as the end-of-text mark.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];

    /// <summary>Texts that end the text before them: <see cref="TextGenerator"/> shows nothing of them, however the tokens split them. Only new text is searched.</summary>
    public IReadOnlyCollection<string> StopTexts { get; init; } = [];

    /// <summary>Tokens of the prompt computed at once: bounds memory, and how long a cancellation waits.</summary>
    public int PrefillTokens { get; init; } = 512;

    /// <summary>What a model's makers say, and where they say nothing: temperature 0.8, at most 256 new tokens, another seed each time.</summary>
    public static GenerationOptions For(GenerationDefaults defaults) => new()
    {
        MaxTokens = 256,
        StopTokens = defaults.EndTokens,
        Sampler = new SamplerOptions
        {
            Temperature = defaults.Temperature ?? 0.8,
            TopK = defaults.TopK,
            TopP = defaults.TopP,
            MinP = defaults.MinP,
            RepetitionPenalty = defaults.RepetitionPenalty,
            Seed = null,
        },
    };
}

/// <summary>Why a generation ended.</summary>
public enum StopReason
{
    /// <summary>The model wrote one of the stop tokens.</summary>
    EndOfText,

    /// <summary>The model wrote one of the stop texts.</summary>
    StopText,

    /// <summary>The text is complete under its constraint: no token may follow.</summary>
    Complete,

    /// <summary>As many tokens as were asked for.</summary>
    MaxTokens,

    /// <summary>The prompt and the text fill the model's context; no further token can be computed.</summary>
    ContextFull,
}

/// <summary>One new token, and on the last one why it is the last.</summary>
public readonly record struct GeneratedToken(int Id, StopReason? Stop);
