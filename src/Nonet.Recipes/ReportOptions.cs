using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Inference;

namespace Nonet.Recipes;

/// <summary>What shows a run and keeps it: nothing here changes a bit of the result.</summary>
public record ReportOptions
{
    [Option("Updates between reports.", Least = 1)]
    public int ReportEvery { get; init; } = 10;

    [Option("Number of newest checkpoints to keep, in addition to the best.", Least = 1)]
    public int Keep { get; init; } = 2;

    [Option("Updates between samples. There is also one at the start and one at the end. Null: no samples.", Least = 1)]
    public int? SampleEvery { get; init; }

    [Option("Prompt of the samples.")]
    public string Prompt { get; init; } = "\n";

    [Option("Sampling temperature. 0 always takes the most likely token.", Least = 0)]
    public double SampleTemperature { get; init; } = 0.8;

    [Option("Maximum number of tokens in a sample.", Least = 0)]
    public int SampleTokens { get; init; } = 200;

    /// <summary>How the samples are drawn.</summary>
    [JsonIgnore]
    internal SamplerOptions Sampler => new() { Temperature = SampleTemperature };
}
