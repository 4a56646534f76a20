using Nonet.Checkpoints;
using Nonet.Inference.Constraints;

namespace Nonet.Inference;

/// <summary>How a text is continued.</summary>
public sealed record GenerationOptions
{
    /// <summary>How each token is chosen.</summary>
    public SamplerOptions Sampler { get; init; } = new();

    /// <summary>
    /// What the text may be, such as a JSON document of a schema; null: anything. The text ends where nothing may follow, or at a stop token, which is allowed
    /// where the text is complete.
    /// </summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>Maximum number of tokens to generate; null: until an end token or the end of the context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Tokens that end the text, such as the end-of-text mark.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];

    /// <summary>Texts that end the text before them: nothing of them is shown, however the tokens split them. Only new text is searched.</summary>
    public IReadOnlyCollection<string> StopTexts { get; init; } = [];

    /// <summary>Gives each token's log-probability, and so many of the likeliest tokens beside it; null: none.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>The settings of a model's makers; if they are silent: temperature 0.8, at most 256 new tokens, another seed each time.</summary>
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
