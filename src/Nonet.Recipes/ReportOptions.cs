using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Inference;

namespace Nonet.Recipes;

/// <summary>What shows a run and keeps it: nothing here changes a bit of the result.</summary>
public record ReportOptions
{
    [Option("Updates between reports.", Least = 1)]
    public int ReportEvery { get; init; } = 10;

    [Option("Newest checkpoints to keep, beside the best.", Least = 1)]
    public int Keep { get; init; } = 2;

    [Option("Updates between samples of what the model writes, the start and the end included; null: none.", Least = 1)]
    public int? SampleEvery { get; init; }

    [Option("What the samples begin with.")]
    public string Prompt { get; init; } = "\n";

    [Option("How the samples are drawn: 0 takes the likeliest token always.", Least = 0)]
    public double SampleTemperature { get; init; } = 0.8;

    [Option("Tokens of a sample.", Least = 0)]
    public int SampleTokens { get; init; } = 200;

    /// <summary>How the samples are drawn.</summary>
    [JsonIgnore]
    internal SamplerOptions Sampler => new() { Temperature = SampleTemperature };
}
