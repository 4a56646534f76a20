namespace Nonet.Inference;

/// <summary>How the next token is drawn from logits. Applied in this order: temperature, top-k, top-p.</summary>
public sealed record SamplerOptions
{
    /// <summary>Logits are divided by it; 0 takes the likeliest token always.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k likeliest tokens; null is off. Fan et al. 2018.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the fewest likeliest tokens whose probabilities sum to at least p; null is off. Holtzman et al. 2019.</summary>
    public double? TopP { get; init; }

    /// <summary>The same seed, prompt and model give the same text.</summary>
    public ulong Seed { get; init; }

    /// <summary>Always the likeliest token.</summary>
    public static SamplerOptions Greedy { get; } = new() { Temperature = 0 };
}
