using Nonet.Files;

namespace Nonet.ToolUse.Annotation;

/// <summary>How calls are sampled.</summary>
public sealed record SamplingOptions
{
    /// <summary>Temperature of the samples.</summary>
    [Option("Temperature of the samples.", Above = 0)]
    public double Temperature { get; init; } = 1;

    /// <summary>Maximum number of tokens in a call, counted from the mark. A longer call is dropped.</summary>
    [Option("Maximum number of tokens in a call, counted from the mark. A longer call is dropped.", Least = 1, Most = 4096)]
    public int CallTokens { get; init; } = 64;

    /// <summary>The same seed gives the same calls, regardless of what else is computed at the same time.</summary>
    [Option("The same seed gives the same calls, regardless of what else is computed at the same time.")]
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of texts that are annotated at once, so that their requests share batches. It does not change the result.</summary>
    [Option("Number of texts that are annotated at once, so that their requests share batches. It does not change the result.", Least = 1, Most = 4096)]
    public int AtOnce { get; init; } = 16;

    internal void Check()
    {
        Require(Temperature > 0 && double.IsFinite(Temperature), nameof(Temperature), Temperature, "a finite number above 0");
        Require(CallTokens > 0, nameof(CallTokens), CallTokens, "at least 1");
        Require(AtOnce is > 0 and <= 4096, nameof(AtOnce), AtOnce, "1 to 4,096");
    }

    static void Require<T>(bool holds, string name, T found, string expected)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"SamplingOptions.{name} is {found}; expected {expected}"));
    }
}
