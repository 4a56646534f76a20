using Nonet.Inference;

namespace Nonet.ToolUse.Decoding;

/// <summary>How a model calls tools while it generates text.</summary>
public sealed record ToolDecodingOptions
{
    /// <summary>How the text is continued. Greedy by default, as in the paper.</summary>
    public GenerationOptions Generation { get; init; } = new() { Sampler = SamplerOptions.Greedy, MaxTokens = 256 };

    /// <summary>k: a call begins where its mark is among the k likeliest tokens; 10 in the paper. 1: only where the mark is the likeliest token.</summary>
    public int TopK { get; init; } = 10;

    /// <summary>Maximum number of calls in a text; 1 in the paper. After them, and with 0 from the start, the mark is never generated.</summary>
    public int MaxCalls { get; init; } = 1;

    /// <summary>Maximum number of tokens in a call, from the mark to the arrow.</summary>
    public int MaxCallTokens { get; init; } = 64;

    internal void Check()
    {
        if (TopK < 1)
            throw new ArgumentException($"ToolDecodingOptions.TopK is {TopK}; expected at least 1");
        if (MaxCalls < 0)
            throw new ArgumentException($"ToolDecodingOptions.MaxCalls is {MaxCalls}; expected at least 0");
        if (MaxCallTokens < 1)
            throw new ArgumentException($"ToolDecodingOptions.MaxCallTokens is {MaxCallTokens}; expected at least 1");
        if (Generation.Constraint is not null)
            throw new ArgumentException("ToolDecodingOptions.Generation.Constraint is set; expected none, because a constrained text cannot contain calls");
    }
}
