using Nonet.Checkpoints;
using Nonet.Inference.Constraints;

namespace Nonet.Inference;

/// <summary>Settings of a generation.</summary>
public sealed record GenerationOptions
{
    /// <summary>Settings of the sampler.</summary>
    public SamplerOptions Sampler { get; init; } = new();

    /// <summary>
    /// Constraint on the text, such as a JSON schema; null: none. The text ends when no token may follow, or at a stop token, which is allowed when the text is
    /// complete.
    /// </summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>Maximum number of tokens to generate; null: until an end token or the end of the context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Tokens that end the text, such as the end-of-text mark.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];

    /// <summary>Texts that end the generation, however tokens split them. The result ends before them. Only new text is searched.</summary>
    public IReadOnlyCollection<string> StopTexts { get; init; } = [];

    /// <summary>Returns the log-probability of each token, and of this many likeliest tokens; null: none.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>The settings that the model's makers recommend; without them: temperature 0.8, at most 256 new tokens, and a new seed each time.</summary>
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

    internal void Check()
    {
        if (MaxTokens < 0)
            throw new ArgumentException($"GenerationOptions.MaxTokens is {MaxTokens}; expected at least 0, or null for no limit");
        if (LogProbabilities < 0)
            throw new ArgumentException($"GenerationOptions.LogProbabilities is {LogProbabilities}; expected at least 0, or null for none");
    }
}
