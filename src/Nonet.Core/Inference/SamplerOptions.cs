namespace Nonet.Inference;

/// <summary>How the next token is drawn from logits. Applied in this order: repetition penalty, temperature, top-k, top-p, min-p.</summary>
public sealed record SamplerOptions
{
    /// <summary>Logits are divided by it; 0 takes the likeliest token always.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k likeliest tokens; null is off. Fan et al. 2018.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the fewest likeliest tokens whose probabilities sum to at least p; null is off. Holtzman et al. 2019.</summary>
    public double? TopP { get; init; }

    /// <summary>Only tokens at least this times as likely as the likeliest; null is off. Nguyen et al. 2024.</summary>
    public double? MinP { get; init; }

    /// <summary>Logits of tokens that the prompt or the text holds already are divided by it where positive, else multiplied; null is off. Keskar et al. 2019, section 4.1.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>The same seed, prompt and model give the same text; null: another seed for every text.</summary>
    public ulong? Seed { get; init; } = 0;

    /// <summary>Always the likeliest token.</summary>
    public static SamplerOptions Greedy { get; } = new() { Temperature = 0 };
}
