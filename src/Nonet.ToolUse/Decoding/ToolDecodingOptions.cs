using Nonet.Inference;

namespace Nonet.ToolUse.Decoding;

/// <summary>How a model calls tools while it writes.</summary>
public sealed record ToolDecodingOptions
{
    /// <summary>How the text is continued. Greedy by default, as in the paper.</summary>
    public GenerationOptions Generation { get; init; } = new() { Sampler = SamplerOptions.Greedy, MaxTokens = 256 };

    /// <summary>A call begins where its mark is among so many likeliest tokens; 10 in the paper. 1: only where the model prefers it to all others.</summary>
    public int TopK { get; init; } = 10;

    /// <summary>Most calls that are run; 1 in the paper. 0: no call begins, and the mark is never written.</summary>
    public int MaxCalls { get; init; } = 1;

    /// <summary>Most tokens of a call, from the mark to the arrow.</summary>
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
            throw new ArgumentException("ToolDecodingOptions.Generation.Constraint is set; a constrained text has no room for calls");
    }
}
